import {
  Anchor,
  Badge,
  Button,
  Checkbox,
  NumberInput,
  Select,
  Textarea,
  TextInput,
} from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { type CardService, cardServices } from '../../../billing/card-service.ts';
import { useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { Instant } from '../parts/figures.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useMigrationStageWords } from '../words/card-words.ts';

const useWords = defineWords('card-migrations', {
  ja: {
    title: 'カード移行',
    number: '番号',
    service: '移行先',
    old: '移行元',
    scope: '対象',
    all: '全顧客',
    share: '顧客の {{percent}}%',
    customers: '指定した顧客 {{count}} 名',
    stage: '段階',
    rehearsal: 'リハーサル',
    started: '開始',
    by: '開始した人',
    finished: '終了',
    none: 'カードの移行はまだありません。「移行を始める」を押すと、顧客の確認から始まります。まずリハーサルで試せます。',
    start: '移行を始める',
    startTitle: 'カードの移行を始める',
    oldHint: '現在のカートまたは決済会社(呼び名でかまいません)',
    percent: '割合 (%)',
    ids: '顧客ID(US-で始まる番号を、改行か空白で区切る)',
    follows: '先行移行の番号(続きの移行のとき)',
    rehearsalHint: 'リハーサルとして行う(何も変わりません)',
    hint: '始めても、連携ファイルを確定するまで外には何も出ません。',
  },
  en: {
    title: 'Card migration',
    number: 'No.',
    service: 'To',
    old: 'From',
    scope: 'Scope',
    all: 'All customers',
    share: '{{percent}}% of customers',
    customers: '{{count}} named customers',
    stage: 'Stage',
    rehearsal: 'Rehearsal',
    started: 'Started',
    by: 'Started by',
    finished: 'Finished',
    none: 'No migration yet. “Start a migration” begins with looking at the customers; rehearse first if you like.',
    start: 'Start a migration',
    startTitle: 'Start a card migration',
    oldHint: 'The cart or PSP that has the cards today, as people call it',
    percent: 'Share (%)',
    ids: 'Customer IDs (US-…, separated by spaces or lines)',
    follows: 'Number of the canary (when this is the rest)',
    rehearsalHint: 'As a rehearsal (changes nothing)',
    hint: 'Nothing leaves the house before the link file is released.',
  },
});

function CardMigrationsPage() {
  const words = useWords();
  const stages = useMigrationStageWords();
  const { merchant, place } = useMerchant();
  const may = useMay('operator');
  const { after, limit } = usePlace();
  const before = after === undefined ? undefined : Number(after);
  const list = useRead(
    'listCardMigrations',
    { params: { merchant }, query: { before, limit } },
    { everyMs: 10_000 },
  );
  return (
    <Page title={words('title')} actions={may && <StartMigration />}>
      <Loaded read={list}>
        {({ migrations, nextBefore }) => (
          <>
            <ListTable
              label={words('title')}
              rows={migrations}
              keyOf={({ number }) => number}
              none={words('none')}
              columns={[
                {
                  title: words('number'),
                  cell: ({ number, rehearsal }) => (
                    <>
                      <Anchor component={Link} to={place('card-migrations', number)}>
                        {number}
                      </Anchor>{' '}
                      {rehearsal && <Badge variant="outline">{words('rehearsal')}</Badge>}
                    </>
                  ),
                },
                { title: words('stage'), cell: ({ stage }) => stages(stage) },
                { title: words('old'), cell: ({ oldService }) => oldService },
                { title: words('service'), cell: ({ service }) => service },
                {
                  title: words('scope'),
                  cell: ({ scope }) =>
                    words(scope.kind, {
                      percent: scope.percent ?? 0,
                      count: scope.customers ?? 0,
                    }),
                },
                { title: words('started'), cell: ({ startedAt }) => <Instant at={startedAt} /> },
                { title: words('by'), cell: ({ startedBy }) => startedBy },
                { title: words('finished'), cell: ({ finishedAt }) => <Instant at={finishedAt} /> },
              ]}
            />
            <Pager nextAfter={nextBefore} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** What stands in the fields of the scope, also in those that are not shown. */
interface ScopeDraft {
  readonly kind: 'all' | 'share' | 'customers';
  readonly percent: number;
  readonly ids: string;
}

const customerIdsOf = ({ ids }: ScopeDraft) => ids.split(/[\s,、]+/).filter((id) => id !== '');

function scopeOf(draft: ScopeDraft) {
  const { kind, percent } = draft;
  if (kind === 'share') return { kind, percent };
  return kind === 'customers' ? { kind, customerIds: customerIdsOf(draft) } : { kind };
}

function StartMigration() {
  const words = useWords();
  const navigate = useNavigate();
  const { merchant, place } = useMerchant();
  const [opened, setOpened] = useState(false);
  const [service, setService] = useState<CardService>('YAMATO');
  const [oldService, setOldService] = useState('');
  const [scope, setScope] = useState<ScopeDraft>({ kind: 'all', percent: 10, ids: '' });
  const [follows, setFollows] = useState<number | null>(null);
  const [rehearsal, setRehearsal] = useState(false);
  const start = useAct('startCardMigration');
  const namesNobody = scope.kind === 'customers' && customerIdsOf(scope).length === 0;
  const confirm = async (reason: string) => {
    const body = {
      service,
      oldService: oldService.trim(),
      scope: scopeOf(scope),
      follows,
      rehearsal,
    };
    const given = { params: { merchant }, body: { ...body, reason: reason || null } };
    const done = await start.act(given);
    if (done !== null) await navigate(place('card-migrations', done.number));
  };
  return (
    <>
      <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setOpened(true)}>
        {words('start')}
      </Button>
      <ActDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={words('startTitle')}
        confirm={words('start')}
        reason="optional"
        acting={start.acting}
        problem={start.problem}
        disabled={oldService.trim() === '' || namesNobody}
        onConfirm={(reason) => void confirm(reason)}
      >
        <Select
          label={words('service')}
          data={[...cardServices]}
          value={service}
          allowDeselect={false}
          onChange={(value) => setService(cardServices.find((one) => one === value) ?? service)}
        />
        <TextInput
          label={words('old')}
          description={words('oldHint')}
          maxLength={50}
          required
          data-autofocus
          value={oldService}
          onChange={(event) => setOldService(event.currentTarget.value)}
        />
        <ScopeFields draft={scope} set={setScope} />
        <NumberInput
          label={words('follows')}
          min={1}
          value={follows ?? ''}
          onChange={(value) => setFollows(value === '' ? null : Number(value))}
        />
        <Checkbox
          label={words('rehearsalHint')}
          description={words('hint')}
          checked={rehearsal}
          onChange={(event) => setRehearsal(event.currentTarget.checked)}
        />
      </ActDialog>
    </>
  );
}

function ScopeFields({
  draft,
  set,
}: {
  readonly draft: ScopeDraft;
  readonly set: (draft: ScopeDraft) => void;
}) {
  const words = useWords();
  const { kind, percent, ids } = draft;
  return (
    <>
      <Select
        label={words('scope')}
        value={kind}
        allowDeselect={false}
        data={[
          { value: 'all', label: words('all') },
          { value: 'share', label: words('share', { percent }) },
          { value: 'customers', label: words('customers', { count: customerIdsOf(draft).length }) },
        ]}
        onChange={(value) =>
          set({ ...draft, kind: value === 'share' || value === 'customers' ? value : 'all' })
        }
      />
      {kind === 'share' && (
        <NumberInput
          label={words('percent')}
          min={1}
          max={99}
          value={percent}
          onChange={(value) => set({ ...draft, percent: Number(value) })}
        />
      )}
      {kind === 'customers' && (
        <Textarea
          label={words('ids')}
          autosize
          minRows={3}
          maxRows={10}
          value={ids}
          onChange={(event) => set({ ...draft, ids: event.currentTarget.value })}
        />
      )}
    </>
  );
}

export const route = { Component: CardMigrationsPage };

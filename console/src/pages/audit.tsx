import { Group, Stack, Text, TextInput } from '@mantine/core';
import { AUDIT_ACT_LABELS_JA } from '../../../billing/audit-acts.ts';
import { parseBusinessDate } from '../../../billing/business-date.ts';
import { type Read, useRead } from '../api.ts';
import { defineWords, useLanguage } from '../language.ts';
import { Instant } from '../parts/figures.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { SearchForm, useFilters } from '../parts/search-form.tsx';
import { useMerchant } from '../places.ts';

const useWords = defineWords('audit', {
  ja: {
    title: '操作の記録',
    hint: '新しい順です。改ざんの有無は、「検証用に書き出す」のファイルを tsukigime audit verify で確かめられます。',
    search: '記録の検索条件',
    who: '人・プログラム',
    about: '操作・対象',
    from: '日付(から)',
    to: '日付(まで)',
    n: '番号',
    at: '日時',
    act: '操作と対象',
    reason: '理由と内容',
    proof: '証跡',
    export: '検証用に書き出す',
    csv: 'この条件でCSVに取り出す',
    none: 'この条件の記録はありません。条件を減らしてください。',
  },
  en: {
    title: 'Audit',
    hint: 'Newest first. Whether it was tampered with, tsukigime audit verify tells from the exported file.',
    search: 'Search conditions',
    who: 'Who',
    about: 'Act or subject',
    from: 'From',
    to: 'To',
    n: 'No.',
    at: 'At',
    act: 'Act and subject',
    reason: 'Reason and details',
    proof: 'Proof',
    export: 'Export to verify',
    csv: 'Download what was found (CSV)',
    none: 'Nothing of this kind was recorded: take conditions off.',
  },
});

type Entry = NonNullable<Read<'searchAudit'>['data']>['entries'][number];

const names = ['actor', 'about', 'from', 'to'] as const;

function AuditPage() {
  const words = useWords();
  const { merchant } = useMerchant();
  const { filter } = useFilters();
  const { after, limit } = usePlace();
  const params = { merchant };
  const date = (name: string) => parseBusinessDate(filter(name) ?? '') ?? undefined;
  const search = {
    actor: filter('actor'),
    about: filter('about'),
    from: date('from'),
    to: date('to'),
  };
  const before = after === undefined ? undefined : Number(after);
  const read = useRead('searchAudit', { params, query: { ...search, before, limit } });
  return (
    <Page
      title={words('title')}
      actions={
        <Group gap="xs" align="flex-start">
          <SaveButton
            route="downloadAudit"
            input={{ params, query: search }}
            label={words('csv')}
          />
          <SaveButton route="exportAudit" input={{ params }} label={words('export')} />
        </Group>
      }
    >
      <Text size="sm">{words('hint')}</Text>
      <SearchForm label={words('search')} names={names}>
        {({ field }) => (
          <>
            <TextInput label={words('who')} maxLength={100} {...field('actor')} />
            <TextInput label={words('about')} maxLength={100} {...field('about')} />
            <TextInput type="date" label={words('from')} {...field('from')} />
            <TextInput type="date" label={words('to')} {...field('to')} />
          </>
        )}
      </SearchForm>
      <Loaded read={read}>
        {({ entries, nextBefore }) => (
          <>
            <AuditTable entries={entries} />
            <Pager nextAfter={nextBefore} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function AuditTable({ entries }: { readonly entries: readonly Entry[] }) {
  const words = useWords();
  return (
    <ListTable
      label={words('title')}
      rows={entries}
      keyOf={({ n }) => n}
      none={words('none')}
      columns={[
        { title: words('n'), numeric: true, cell: ({ n }) => n },
        { title: words('at'), cell: ({ at }) => <Instant at={at} /> },
        { title: words('who'), cell: ({ actor }) => actor },
        { title: words('act'), cell: (entry) => <ActOf entry={entry} /> },
        {
          title: words('reason'),
          cell: ({ reason, details }) => (
            <Stack gap={2} miw={280} maw={560}>
              {reason !== null && <Text size="sm">{reason}</Text>}
              <Details details={details} />
            </Stack>
          ),
        },
      ]}
    />
  );
}

/** In the words of operators, with the code under which it is searched for. */
function ActOf({ entry: { act, subject } }: { readonly entry: Entry }) {
  const { language } = useLanguage();
  const label = language === 'ja' ? AUDIT_ACT_LABELS_JA[act] : undefined;
  return (
    <>
      {label ?? act}
      <Text size="xs" className="raw-line" maw={320}>
        {label !== undefined && `${act} `}
        {subject}
      </Text>
    </>
  );
}

/** Which decision it was and the hash of what was said prove much and tell nothing: on demand. */
const proofs = ['bodySha256', 'decision'];

function Details({ details }: { readonly details: Entry['details'] }) {
  const words = useWords();
  const names = Object.keys(details);
  if (names.length === 0) return null;
  const json = (
    <Text size="xs" className="raw-line">
      {JSON.stringify(details)}
    </Text>
  );
  if (names.some((name) => !proofs.includes(name))) return json;
  return (
    <details>
      <Text component="summary" size="xs">
        {words('proof')}
      </Text>
      {json}
    </details>
  );
}

export const route = { Component: AuditPage };

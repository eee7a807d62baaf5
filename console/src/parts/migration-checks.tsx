import { Alert, Badge, Group, List, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { type Read, useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { ActButton, orNull } from './act-button.tsx';
import { Count, Instant } from './figures.tsx';
import { ListTable } from './list-table.tsx';
import { Section } from './section.tsx';

export type Migration = NonNullable<Read<'readCardMigration'>['data']>;
type Check = Migration['checks']['acknowledgements'][number];

import { useMigrationCheckLabels } from '../words/api-labels.ts';

const useWords = defineWords('migration-checks', {
  ja: {
    title: '連携前の確認',
    customers: '連携ファイルに入る顧客: ',
    check: '確認すること',
    state: '記録',
    vouch: '確認した',
    vouchTitle: '「{{check}}」を確認したと記録する',
    vouchText: 'あなたの名前と日時が記録に残ります。',
    onDate: '報告日',
    onDateNote: '(報告日 {{date}})',
    open: '連携ファイルを確定する前に残っていること',
    ready: '確認はすべて済みました。連携ファイルを確定できます。',
    release: '連携ファイルを確定する',
    releaseText:
      '{{count}} 名分の連携ファイルを作ります。決済会社へ渡すまで、相手には何も届きません。作り直しもできます。',
    rehearsal: 'リハーサルでは確認の記録はいりません。',
    none: '確認する項目はありません。',
  },
  en: {
    title: 'Checks before linking',
    customers: 'Customers in the link file: ',
    check: 'Check',
    state: 'Record',
    vouch: 'Vouch for it',
    vouchTitle: 'Vouch for “{{check}}”',
    vouchText: 'Your name and the time are kept.',
    onDate: 'Day of the report',
    onDateNote: '(reported on {{date}})',
    open: 'What keeps the link file back',
    ready: 'All checks are done: the link file can be released.',
    release: 'Release the link file',
    releaseText:
      'A link file of {{count}} customers is made. Nothing reaches the PSP before it is handed over, and it can be made anew.',
    rehearsal: 'A rehearsal needs nobody to vouch for anything.',
    none: 'Nothing to check.',
  },
});

/** Whom the link file would hold, what is vouched for, and what still keeps it back. */
export function MigrationChecks({ migration }: { readonly migration: Migration }) {
  const words = useWords();
  const labels = useMigrationCheckLabels();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const release = useAct('releaseLinkFile');
  const { checks, number, stage } = migration;
  const params = { merchant, number };
  const going = stage !== 'accepted' && stage !== 'cancelled';
  return (
    <Section
      title={words('title')}
      actions={
        may &&
        going && (
          <ActButton
            label={words('release')}
            text={words('releaseText', { count: checks.customers })}
            variant={stage === 'checking' ? 'filled' : 'default'}
            reason="optional"
            disabled={checks.open.length > 0}
            act={release}
            onConfirm={(reason) => release.act({ params, body: { reason: orNull(reason) } })}
          />
        )
      }
    >
      <Text>
        {words('customers')}
        <Count count={checks.customers} fw={700} />
      </Text>
      {going && <OpenChecks open={checks.open} />}
      {migration.rehearsal ? (
        <Text size="sm">{words('rehearsal')}</Text>
      ) : (
        <ListTable
          label={words('title')}
          rows={checks.acknowledgements}
          keyOf={({ check }) => check}
          none={words('none')}
          columns={[
            { title: words('check'), cell: ({ check, checkJa }) => labels(check, checkJa) },
            {
              title: words('state'),
              cell: (check) => <Vouched check={check} number={number} may={may && going} />,
            },
          ]}
        />
      )}
    </Section>
  );
}

function OpenChecks({ open }: { readonly open: readonly string[] }) {
  const words = useWords();
  if (open.length === 0) {
    return (
      <Alert color="teal" variant="outline" role="status">
        {words('ready')}
      </Alert>
    );
  }
  return (
    <Alert color="yellow" variant="outline" title={words('open')}>
      <List size="sm">
        {open.map((text) => (
          <List.Item key={text}>{text}</List.Item>
        ))}
      </List>
    </Alert>
  );
}

function Vouched({
  check,
  number,
  may,
}: {
  readonly check: Check;
  readonly number: number;
  readonly may: boolean;
}) {
  const words = useWords();
  const labels = useMigrationCheckLabels();
  const { merchant } = useMerchant();
  const [onDate, setOnDate] = useState('');
  const vouch = useAct('acknowledgeMigrationCheck');
  if (check.acknowledgedAt !== null) {
    return (
      <Group gap="xs">
        <Badge color="teal" variant="light">
          ✓
        </Badge>
        <Text size="sm">
          {check.acknowledgedBy} <Instant at={check.acknowledgedAt} />{' '}
          {check.onDate !== null && words('onDateNote', { date: check.onDate })}
        </Text>
      </Group>
    );
  }
  if (!may) return <>—</>;
  const dated = check.check === 'several_cards_reported';
  const body = { check: check.check, onDate: dated ? onDate : null };
  return (
    <ActButton
      label={words('vouch')}
      title={words('vouchTitle', { check: labels(check.check, check.checkJa) })}
      text={words('vouchText')}
      size="xs"
      reason="optional"
      incomplete={dated && onDate === ''}
      act={vouch}
      onConfirm={(reason) =>
        vouch.act({ params: { merchant, number }, body: { ...body, reason: orNull(reason) } })
      }
    >
      {dated && (
        <Stack gap={4}>
          <TextInput
            type="date"
            label={words('onDate')}
            required
            value={onDate}
            onChange={(event) => setOnDate(event.currentTarget.value)}
          />
        </Stack>
      )}
    </ActButton>
  );
}

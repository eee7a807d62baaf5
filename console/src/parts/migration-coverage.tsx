import { Alert, Text } from '@mantine/core';
import { useState } from 'react';
import { useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useUncoveredLabels } from '../words/api-labels.ts';
import { ActButton, orNull } from './act-button.tsx';
import { CustomerLink } from './customer-link.tsx';
import { Count, CountAndYen } from './figures.tsx';
import { ListTable } from './list-table.tsx';
import { Loaded } from './loaded.tsx';
import type { Migration } from './migration-checks.tsx';
import { MoreButtons } from './more-buttons.tsx';
import { SaveButton } from './save-button.tsx';
import { FactsTable, Section } from './section.tsx';

const useWords = defineWords('migration-coverage', {
  ja: {
    title: '移行の結果',
    none: 'まだ取り込んでいません。返却ファイルを取り込むと、カードのない顧客と、請求できなくなる金額がここに出ます。',
    linked: '連携した顧客',
    returned: '返却された顧客',
    covered: 'この移行でカードが入った顧客',
    kept: '以前から移行先のカードがある顧客',
    uncovered: 'カードのない顧客',
    due: '{{month}} に請求する定期受注',
    atRisk: 'うちカードがなく請求できないもの',
    later: 'それ以外の定期受注でカードのないもの',
    accept: '移行を完了する',
    acceptText:
      'カードのない顧客 {{count}} 名を確かめたうえで、移行を完了にします。残った顧客の注文は請求のときに除外・通知されます。',
    list: 'カードのない顧客の一覧',
    number: '顧客番号',
    why: '理由',
    dueCell: '請求予定',
    laterCell: 'その他',
    csv: 'CSVで取り出す',
    nobody: 'カードのない顧客はいません。',
    openCharges: '旧決済会社に残るオーソリ: ',
    openChargesHint: '旧決済会社で売上確定または取消をしてください。移行は止まりません。',
  },
  en: {
    title: 'Coverage',
    none: 'Nothing was imported yet. Once a returned file is in, customers without a card and the yen at risk stand here.',
    linked: 'Customers linked',
    returned: 'Customers returned',
    covered: 'With a card of this migration',
    kept: 'With a card of the target from before',
    uncovered: 'Without a card',
    due: 'Subscriptions billed in {{month}}',
    atRisk: 'Of them at risk: no card',
    later: 'Other subscriptions without a card',
    accept: 'Accept the coverage',
    acceptText:
      'You have seen the {{count}} customers without a card. The migration is done; their orders are flagged when a month is billed.',
    list: 'Customers without a card',
    number: 'Customer',
    why: 'Why',
    dueCell: 'Due',
    laterCell: 'Later',
    csv: 'Download CSV',
    nobody: 'No customer is without a card.',
    openCharges: 'Authorizations left at the old PSP: ',
    openChargesHint: 'Capture or void them there; they do not hold the migration up.',
  },
});

export function MigrationCoverage({ migration }: { readonly migration: Migration }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const accept = useAct('acceptCoverage');
  const { coverage, number, stage, openCharges } = migration;
  if (coverage === null) {
    return (
      <Section title={words('title')}>
        <Text size="sm">{words('none')}</Text>
      </Section>
    );
  }
  const { customers, subscriptions, month } = coverage;
  const { uncovered } = customers;
  return (
    <Section
      title={words('title')}
      actions={
        may &&
        stage === 'covering' && (
          <ActButton
            label={words('accept')}
            text={words('acceptText', { count: uncovered })}
            variant="filled"
            reason="optional"
            act={accept}
            onConfirm={(reason) =>
              accept.act({
                params: { merchant, number },
                body: { uncovered, reason: orNull(reason) },
              })
            }
          >
            {subscriptions !== null && (
              <Text>
                {words('atRisk')}: <CountAndYen of={subscriptions.atRisk} fw={700} />
              </Text>
            )}
          </ActButton>
        )
      }
    >
      {migration.coverageJa !== null && <Text>{migration.coverageJa}</Text>}
      <FactsTable
        label={words('title')}
        facts={[
          ...(['linked', 'returned', 'covered', 'kept', 'uncovered'] as const).map(
            (name) => [words(name), <Count key={name} count={customers[name]} />] as const,
          ),
          ...(subscriptions === null
            ? []
            : ([
                [words('due', { month }), <CountAndYen key="due" of={subscriptions.due} />],
                [words('atRisk'), <CountAndYen key="risk" of={subscriptions.atRisk} fw={700} />],
                [words('later'), <Count key="later" count={subscriptions.later} />],
              ] as const)),
        ]}
      />
      {openCharges.rows > 0 && (
        <Alert color="yellow" variant="outline">
          {words('openCharges')}
          <CountAndYen of={openCharges} fw={700} />
          <Text size="sm">{words('openChargesHint')}</Text>
        </Alert>
      )}
      <Uncovered number={number} />
    </Section>
  );
}

function Uncovered({ number }: { readonly number: number }) {
  const words = useWords();
  const labels = useUncoveredLabels();
  const { merchant } = useMerchant();
  const mayExport = useMay('operator', 'exportPersonalData');
  const [after, setAfter] = useState<string | undefined>();
  const params = { merchant, number };
  const query = { limit: 50, ...(after === undefined ? {} : { after }) };
  const read = useRead('listUncoveredCustomers', { params, query });
  return (
    <Loaded read={read}>
      {({ customers, nextAfter }) => (
        <>
          {mayExport && customers.length > 0 && (
            <div>
              <SaveButton
                size="xs"
                route="downloadUncoveredCustomers"
                input={{ params, query: {} }}
                label={words('csv')}
              />
            </div>
          )}
          <ListTable
            label={words('list')}
            rows={customers}
            keyOf={({ customerId }) => customerId}
            none={words('nobody')}
            columns={[
              { title: words('number'), cell: (of) => <CustomerLink {...of} /> },
              { title: words('why'), cell: ({ reason, reasonJa }) => labels(reason, reasonJa) },
              {
                title: words('dueCell'),
                numeric: true,
                cell: ({ due }) => <CountAndYen of={due} />,
              },
              {
                title: words('laterCell'),
                numeric: true,
                cell: ({ later }) => <Count count={later} />,
              },
            ]}
          />
          <MoreButtons after={after} nextAfter={nextAfter} onGo={setAfter} />
        </>
      )}
    </Loaded>
  );
}

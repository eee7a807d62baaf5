import { Group, Radio, Stack, Switch, Text } from '@mantine/core';
import { useState } from 'react';
import type { CustomerChoice } from '../../../billing/card-migration.ts';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useFindingWords } from '../words/card-words.ts';
import { ActButton, orNull } from './act-button.tsx';
import { CustomerLink } from './customer-link.tsx';
import { ListTable } from './list-table.tsx';
import { Loaded } from './loaded.tsx';
import { MoreButtons } from './more-buttons.tsx';
import { Section } from './section.tsx';

type Found = NonNullable<Read<'listMigrationFindings'>['data']>['customers'][number];

const useWords = defineWords('migration-found', {
  ja: {
    title: '判断が必要な顧客',
    customer: '顧客番号',
    findings: '理由',
    cards: 'カード',
    decision: '判断',
    decide: '判断する',
    decideTitle: '{{customer}} をどうするか',
    decideText: '移行先で使うカード、または移行での扱いを決めます。判断は記録に残ります。',
    decideAll: '表示中の {{count}} 名をこのままでよいとする',
    decideAllText: '表示されている顧客すべてについて、この状態のまま移行すると記録します。',
    decided: '判断済み',
    acknowledged: 'このまま移行する',
    excluded: 'この移行から外す',
    included: '外さずに移行する',
    card: 'カード {{card}} を使う',
    openOnly: '未判断だけを表示する',
    none: '判断が必要な顧客はいません。',
  },
  en: {
    title: 'Customers to decide',
    customer: 'Customer',
    findings: 'Why',
    cards: 'Cards',
    decision: 'Decision',
    decide: 'Decide',
    decideTitle: 'What becomes of {{customer}}',
    decideText: 'Choose the card to be used, or how the migration treats the customer. It is kept.',
    decideAll: 'Leave the {{count}} shown as they are',
    decideAllText: 'All customers shown are migrated as they are; this is kept.',
    decided: 'Decided',
    acknowledged: 'Migrate as it is',
    excluded: 'Leave out of this migration',
    included: 'Do not leave out',
    card: 'Use card {{card}}',
    openOnly: 'Undecided only',
    none: 'No customer needs a decision.',
  },
});

/** Customers who must not be passed over: several cards, no or a doubled old number. */
export function MigrationFindings({ number }: { readonly number: number }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const [openOnly, setOpenOnly] = useState(true);
  const [after, setAfter] = useState<string | undefined>();
  const params = { merchant, number };
  const read = useRead('listMigrationFindings', {
    params,
    query: { openOnly, limit: 50, ...(after === undefined ? {} : { after }) },
  });
  const decide = useAct('decideMigrationCustomers');
  const open = (read.data?.customers ?? []).filter(({ decided }) => !decided);
  return (
    <Section
      title={words('title')}
      actions={
        may &&
        open.length > 1 && (
          <ActButton
            label={words('decideAll', { count: open.length })}
            text={words('decideAllText')}
            reason="required"
            act={decide}
            onConfirm={(reason) =>
              decide.act({
                params,
                body: {
                  decisions: open.map(({ customerId }) => ({
                    customerId,
                    choice: 'acknowledged' as const,
                  })),
                  reason,
                },
              })
            }
          />
        )
      }
    >
      <Switch
        label={words('openOnly')}
        checked={openOnly}
        onChange={(event) => {
          setOpenOnly(event.currentTarget.checked);
          setAfter(undefined);
        }}
      />
      <Loaded read={read}>
        {({ customers, nextAfter }) => (
          <>
            <FoundTable customers={customers} number={number} />
            <MoreButtons after={after} nextAfter={nextAfter} onGo={setAfter} />
          </>
        )}
      </Loaded>
    </Section>
  );
}

function FoundTable({
  customers,
  number,
}: {
  readonly customers: readonly Found[];
  readonly number: number;
}) {
  const words = useWords();
  const findings = useFindingWords();
  const may = useMay('operator');
  return (
    <ListTable
      label={words('title')}
      rows={customers}
      keyOf={({ customerId }) => customerId}
      none={words('none')}
      columns={[
        {
          title: words('customer'),
          cell: (of) => <CustomerLink {...of} />,
        },
        {
          title: words('findings'),
          cell: (of) => of.findings.map((one) => findings(one)).join('、'),
        },
        {
          title: words('cards'),
          cell: ({ cards }) => (
            <Stack gap={0}>
              {cards.map((card) => (
                <Text key={card.name} size="sm">
                  {cardText(card)}
                </Text>
              ))}
            </Stack>
          ),
        },
        {
          title: words('decision'),
          cell: (of) =>
            may ? <Decide found={of} number={number} /> : of.decided && words('decided'),
        },
      ]}
    />
  );
}

const cardText = (card: Found['cards'][number]) =>
  `${card.service} ${card.brand} …${card.lastDigits} ${card.expiry}`;

function Decide({ found, number }: { readonly found: Found; readonly number: number }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const decide = useAct('decideMigrationCustomers');
  // What is chosen: a choice, or the name of a card.
  const [chosen, setChosen] = useState('');
  const card = found.cards.find(({ name }) => name === chosen)?.name ?? null;
  const choice = card === null ? (chosen as CustomerChoice) : 'default';
  const { customerId, customerNumber } = found;
  return (
    <Group gap="xs">
      {found.decided && <Text size="sm">✓ {words('decided')}</Text>}
      <ActButton
        label={words('decide')}
        title={words('decideTitle', { customer: customerNumber || customerId })}
        text={words('decideText')}
        size="xs"
        reason="optional"
        incomplete={chosen === ''}
        act={decide}
        onConfirm={(reason) =>
          decide.act({
            params: { merchant, number },
            body: { decisions: [{ customerId, choice, card }], reason: orNull(reason) },
          })
        }
      >
        <Radio.Group value={chosen} onChange={setChosen} aria-label={words('decision')}>
          <Stack gap="xs">
            {found.cards.length > 1 &&
              found.cards.map((one) => (
                <Radio
                  key={one.name}
                  value={one.name}
                  label={words('card', { card: cardText(one) })}
                />
              ))}
            {(['acknowledged', 'excluded', 'included'] as const).map((one) => (
              <Radio key={one} value={one} label={words(one)} />
            ))}
          </Stack>
        </Radio.Group>
      </ActButton>
    </Group>
  );
}

import { Button, Checkbox, Group, Stack, Table, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useParams } from 'react-router';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { ColumnHeads } from '../parts/column-heads.tsx';
import { CountAndYen, Instant, Yen } from '../parts/figures.tsx';
import { Empty, Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';

const useWords = defineWords('captures', {
  ja: {
    title: '{{month}} の売上処理を選ぶ',
    cycles: '請求サイクル',
    text: '選んだ請求は、次の売上ファイルに入ります。確定の前に件数と金額を確かめてください。',
    all: 'このページをすべて選ぶ',
    choose: '{{order}} を選ぶ',
    order: '注文番号',
    customer: '顧客番号',
    yen: '金額',
    until: '売上期限',
    find: '注文番号で絞り込む(このページ内)',
    capture: '選んだ請求を売上処理する',
    confirm: '売上処理する',
    none: 'オーソリOKで売上処理していない請求はありません。',
  },
  en: {
    title: 'Choose captures of {{month}}',
    cycles: 'Billing cycles',
    text: 'What is chosen goes into the next capture file. Check count and yen first.',
    all: 'Choose all of this page',
    choose: 'Choose {{order}}',
    order: 'Order',
    customer: 'Customer',
    yen: 'Amount',
    until: 'Capture before',
    find: 'Order number (on this page)',
    capture: 'Capture the chosen',
    confirm: 'Capture',
    none: 'No authorized charge is left to capture.',
  },
});

type Charge = NonNullable<Read<'listCharges'>['data']>['charges'][number];

function CapturesPage() {
  const words = useWords();
  const { month = '' } = useParams();
  const { merchant, place } = useMerchant();
  const { after, limit } = usePlace();
  const [chosen, setChosen] = useState<readonly Charge[]>([]);
  const [part, setPart] = useState('');
  const charges = useRead('listCharges', {
    params: { merchant, month },
    query: {
      state: 'authorized',
      limit,
      ...(after === undefined ? {} : { after: Number(after) }),
    },
  });
  return (
    <Page
      title={words('title', { month })}
      above={[
        { to: place('cycles'), title: words('cycles') },
        { to: place('cycles', month), title: month },
      ]}
    >
      <Text size="sm">{words('text')}</Text>
      <Group align="flex-end">
        <TextInput
          label={words('find')}
          value={part}
          onChange={(event) => setPart(event.currentTarget.value)}
        />
        <CaptureChosen month={month} chosen={chosen} onDone={() => setChosen([])} />
      </Group>
      <Loaded read={charges}>
        {({ charges: found, nextAfter }) => (
          <Stack>
            {found.length === 0 ? (
              <Empty>{words('none')}</Empty>
            ) : (
              <ChargeTable
                charges={found.filter(({ orderNumber }) => orderNumber.includes(part.trim()))}
                chosen={chosen}
                onChoose={setChosen}
              />
            )}
            <Pager nextAfter={nextAfter} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

/** Asks once more with count and yen: what is confirmed must be what is captured. */
function CaptureChosen({
  month,
  chosen,
  onDone,
}: {
  readonly month: string;
  readonly chosen: readonly Charge[];
  readonly onDone: () => void;
}) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const [confirming, setConfirming] = useState(false);
  const capture = useAct('captureCharges');
  const sum = {
    rows: chosen.length,
    yen: chosen.reduce((yen, { amountYen }) => yen + amountYen, 0),
  };
  const confirm = async (reason: string) => {
    const orderNumbers = chosen.map(({ orderNumber }) => orderNumber);
    const body = { orderNumbers, confirmed: sum, reason };
    if ((await capture.act({ params: { merchant, month }, body })) === null) return;
    setConfirming(false);
    onDone();
  };
  return (
    <>
      <Button disabled={!may || chosen.length === 0} onClick={() => setConfirming(true)}>
        {words('capture')} (<CountAndYen of={sum} />)
      </Button>
      <ActDialog
        opened={confirming}
        onClose={() => setConfirming(false)}
        title={words('capture')}
        confirm={words('confirm')}
        reason="required"
        acting={capture.acting}
        problem={capture.problem}
        onConfirm={(reason) => void confirm(reason)}
      >
        <CountAndYen of={sum} fw={700} />
      </ActDialog>
    </>
  );
}

function ChargeTable({
  charges,
  chosen,
  onChoose,
}: {
  readonly charges: readonly Charge[];
  readonly chosen: readonly Charge[];
  readonly onChoose: (charges: readonly Charge[]) => void;
}) {
  const words = useWords();
  const isChosen = (row: Charge) =>
    chosen.some(({ orderNumber }) => orderNumber === row.orderNumber);
  const all = charges.length > 0 && charges.every(isChosen);
  const without = (rows: readonly Charge[]) =>
    chosen.filter(({ orderNumber }) => !rows.some((row) => row.orderNumber === orderNumber));
  return (
    <Table.ScrollContainer minWidth={600}>
      <Table highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col" w={40}>
              <Checkbox
                aria-label={words('all')}
                checked={all}
                onChange={() =>
                  onChoose(all ? without(charges) : [...without(charges), ...charges])
                }
              />
            </Table.Th>
            <ColumnHeads
              columns={['order', 'customer', 'yen', 'until']}
              figures={['yen']}
              words={words}
            />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {charges.map((row) => (
            <Table.Tr key={row.orderNumber}>
              <Table.Td>
                <Checkbox
                  aria-label={words('choose', { order: row.orderNumber })}
                  checked={isChosen(row)}
                  onChange={() => onChoose(isChosen(row) ? without([row]) : [...chosen, row])}
                />
              </Table.Td>
              <Table.Td>{row.orderNumber}</Table.Td>
              <Table.Td>{row.customerNumber}</Table.Td>
              <Table.Td className="figure">
                <Yen amount={row.amountYen} />
              </Table.Td>
              <Table.Td>
                <Instant at={row.captureBefore} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

export const route = { Component: CapturesPage };

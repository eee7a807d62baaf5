import { Button, Checkbox, Group, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useChargeStateWords } from '../words/billing-words.ts';
import { ActDialog } from './act-dialog.tsx';
import { Count, Instant } from './figures.tsx';
import { Empty, Loaded } from './loaded.tsx';
import { Pager, usePlace } from './pager.tsx';

const useWords = defineWords('holds', {
  ja: {
    all: 'このページをすべて選ぶ',
    choose: '{{order}} を選ぶ',
    order: '注文番号',
    heldAt: '保留にした日時',
    heldBy: '保留にした人',
    reason: '理由',
    charge: '請求の状態',
    release: '保留を解除する',
    releaseText: '解除した注文は、次に作るファイルから請求に入ります。',
    none: '保留中の注文はありません。「注文」で選ぶと保留にできます。',
  },
  en: {
    all: 'Choose all of this page',
    choose: 'Choose {{order}}',
    order: 'Order',
    heldAt: 'Held at',
    heldBy: 'Held by',
    reason: 'Reason',
    charge: 'Charge',
    release: 'Release',
    releaseText: 'They are billed with the next file that is built.',
    none: 'Nothing is on hold. Choose orders to hold them.',
  },
});

type Hold = NonNullable<Read<'listHolds'>['data']>['holds'][number];

/** Orders that a person keeps out of every file. */
export function Holds({ month }: { readonly month: string }) {
  const { merchant } = useMerchant();
  const words = useWords();
  const { after, limit } = usePlace();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const holds = useRead('listHolds', { params: { merchant, month }, query: { after, limit } });
  return (
    <Loaded read={holds}>
      {({ holds: found, nextAfter }) => (
        <Stack>
          {found.length === 0 ? (
            <Empty>{words('none')}</Empty>
          ) : (
            <>
              <ReleaseHolds month={month} chosen={chosen} onDone={() => setChosen([])} />
              <HoldTable holds={found} chosen={chosen} onChoose={setChosen} />
            </>
          )}
          <Pager nextAfter={nextAfter} />
        </Stack>
      )}
    </Loaded>
  );
}

function ReleaseHolds({
  month,
  chosen,
  onDone,
}: {
  readonly month: string;
  readonly chosen: readonly string[];
  readonly onDone: () => void;
}) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const [opened, setOpened] = useState(false);
  const release = useAct('releaseHolds');
  const confirm = async (reason: string) => {
    const body = { orderNumbers: [...chosen], reason };
    if ((await release.act({ params: { merchant, month }, body })) === null) return;
    setOpened(false);
    onDone();
  };
  return (
    <Group>
      <Button disabled={!may || chosen.length === 0} onClick={() => setOpened(true)}>
        {words('release')} (<Count count={chosen.length} />)
      </Button>
      <ActDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={words('release')}
        confirm={words('release')}
        reason="required"
        acting={release.acting}
        problem={release.problem}
        onConfirm={(reason) => void confirm(reason)}
      >
        <Count count={chosen.length} fw={700} />
        <Text>{words('releaseText')}</Text>
      </ActDialog>
    </Group>
  );
}

function HoldTable({
  holds,
  chosen,
  onChoose,
}: {
  readonly holds: readonly Hold[];
  readonly chosen: readonly string[];
  readonly onChoose: (orders: readonly string[]) => void;
}) {
  const words = useWords();
  const states = useChargeStateWords();
  const numbers = holds.map(({ orderNumber }) => orderNumber);
  const without = (rows: readonly string[]) => chosen.filter((one) => !rows.includes(one));
  const all = numbers.every((one) => chosen.includes(one));
  return (
    <Table.ScrollContainer minWidth={700}>
      <Table highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col" w={40}>
              <Checkbox
                aria-label={words('all')}
                checked={all}
                onChange={() =>
                  onChoose(all ? without(numbers) : [...without(numbers), ...numbers])
                }
              />
            </Table.Th>
            {(['order', 'heldAt', 'heldBy', 'reason', 'charge'] as const).map((column) => (
              <Table.Th key={column} scope="col">
                {words(column)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {holds.map(({ orderNumber, heldAt, heldBy, reason, state }) => (
            <Table.Tr key={orderNumber}>
              <Table.Td>
                <Checkbox
                  aria-label={words('choose', { order: orderNumber })}
                  checked={chosen.includes(orderNumber)}
                  onChange={() =>
                    onChoose(
                      chosen.includes(orderNumber)
                        ? without([orderNumber])
                        : [...chosen, orderNumber],
                    )
                  }
                />
              </Table.Td>
              <Table.Td>{orderNumber}</Table.Td>
              <Table.Td>
                <Instant at={heldAt} />
              </Table.Td>
              <Table.Td>{heldBy}</Table.Td>
              <Table.Td>{reason}</Table.Td>
              <Table.Td>{state === null ? '—' : states(state)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

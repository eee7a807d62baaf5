import { Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { ActButton, orNull } from './act-button.tsx';
import { ChoiceTable, sumOf } from './choice-table.tsx';
import { CountAndYen, Instant, Yen } from './figures.tsx';
import { Loaded } from './loaded.tsx';
import { OrderLink } from './order-link.tsx';
import { Pager, usePlace } from './pager.tsx';
import { PortalAnswers } from './portal-answers.tsx';

export const useVoidWords = defineWords('void-lists', {
  ja: {
    list: '取消リスト',
    suggested: 'キャンセルされた注文',
    listText:
      'ペイジェントの画面で取り消すオーソリです。CSVを取り出して画面で取り消し、結果をここに記録してください。',
    suggestedText:
      'オーソリの後に、注文CSVでキャンセルになった注文です。自動では取り消しません。確かめて取消リストに載せてください。',
    total: 'リスト全体: ',
    order: '注文番号',
    payment: '決済ID',
    yen: '金額',
    until: '売上期限',
    asked: 'リストに載せた日時',
    status: '対応状況',
    put: '取消リストに載せる',
    putText:
      '売上には入らなくなり、「取消リスト」に載ります。ペイジェントの画面で取り消し、結果を記録するまで、オーソリは残ります。',
    none: '画面で取り消すオーソリはありません。',
    noSuggestion: 'オーソリの後にキャンセルされた注文はありません。',
    others: 'オーソリOKの請求から選ぶ',
  },
  en: {
    list: 'List to void',
    suggested: 'Cancelled orders',
    listText:
      'To be voided on the portal. Download them, void them there, and record the result here.',
    suggestedText:
      'Authorized before the export told that the order is cancelled. Nothing is voided by itself.',
    total: 'The whole list: ',
    order: 'Order',
    payment: 'Payment ID',
    yen: 'Amount',
    until: 'Capture before',
    asked: 'Listed at',
    status: 'Order status',
    put: 'Put on the list to void',
    putText:
      'No capture takes them any more. The authorization lives until it is voided on the portal and the result is recorded.',
    none: 'Nothing is to be voided on the portal.',
    noSuggestion: 'No order was cancelled after its authorization.',
    others: 'Choose among the authorized',
  },
});

type Void = NonNullable<Read<'listVoids'>['data']>['voids'][number];
type Suggestion = NonNullable<Read<'suggestVoids'>['data']>['suggestions'][number];

const nameOf = ({ orderNumber }: { readonly orderNumber: string }) => orderNumber;

function useQuery() {
  const { after, limit } = usePlace();
  return { limit, ...(after === undefined ? {} : { after: Number(after) }) };
}

/** 取消リスト: what is to be voided on the portal, and what became of it there. */
export function VoidList({ month }: { readonly month: string }) {
  const words = useVoidWords();
  const { merchant, place } = useMerchant();
  const params = { merchant, month };
  const [chosen, setChosen] = useState<readonly Void[]>([]);
  const answer = useAct('confirmVoids');
  const voids = useRead('listVoids', { params, query: useQuery() }, { everyMs: 5000 });
  return (
    <Stack>
      <Text size="sm">{words('listText')}</Text>
      <Loaded read={voids}>
        {({ voids: found, total, nextAfter }) => (
          <Stack>
            <Group>
              {total.rows > 0 && (
                <>
                  <Text size="sm">
                    {words('total')}
                    <CountAndYen of={total} fw={700} />
                  </Text>
                  <PortalAnswers
                    done="voided"
                    of={sumOf(chosen)}
                    act={answer}
                    onAnswer={async (result, reason) => {
                      const orderNumbers = chosen.map(nameOf);
                      const body =
                        result === 'voided'
                          ? { orderNumbers, result, reason: orNull(reason) }
                          : { orderNumbers, result, reason };
                      const done = await answer.act({ params, body });
                      if (done !== null) setChosen([]);
                      return done;
                    }}
                  />
                </>
              )}
              <Button
                component={Link}
                variant="default"
                to={`${place('cycles', month, 'charges')}?state=authorized`}
              >
                {words('others')}
              </Button>
            </Group>
            <ChoiceTable
              label={words('list')}
              rows={found}
              nameOf={nameOf}
              chosen={chosen}
              onChoose={setChosen}
              none={words('none')}
              columns={[
                {
                  title: words('order'),
                  cell: ({ orderNumber }) => <OrderLink month={month} orderNumber={orderNumber} />,
                },
                { title: words('payment'), cell: ({ paymentId }) => paymentId ?? '—' },
                {
                  title: words('yen'),
                  numeric: true,
                  cell: ({ amountYen }) => <Yen amount={amountYen} />,
                },
                { title: words('until'), cell: (of) => <Instant at={of.captureBefore} /> },
                { title: words('asked'), cell: (of) => <Instant at={of.askedAt} /> },
              ]}
            />
            <Pager nextAfter={nextAfter} />
          </Stack>
        )}
      </Loaded>
    </Stack>
  );
}

/** Authorized charges whose order was cancelled since. */
export function SuggestedVoids({ month }: { readonly month: string }) {
  const words = useVoidWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const params = { merchant, month };
  const [chosen, setChosen] = useState<readonly Suggestion[]>([]);
  const put = useAct('voidCharges');
  const suggested = useRead('suggestVoids', { params, query: useQuery() });
  const confirmed = sumOf(chosen);
  return (
    <Stack>
      <Text size="sm">{words('suggestedText')}</Text>
      <Loaded read={suggested}>
        {({ suggestions, nextAfter }) => (
          <Stack>
            {suggestions.length > 0 && (
              <div>
                <ActButton
                  label={words('put')}
                  text={words('putText')}
                  reason="required"
                  danger
                  disabled={!may || chosen.length === 0}
                  act={put}
                  onConfirm={async (reason) => {
                    const orderNumbers = chosen.map(nameOf);
                    const done = await put.act({
                      params,
                      body: { orderNumbers, confirmed, reason },
                    });
                    if (done !== null) setChosen([]);
                    return done;
                  }}
                >
                  <CountAndYen of={confirmed} fw={700} />
                </ActButton>
              </div>
            )}
            <ChoiceTable
              label={words('suggested')}
              rows={suggestions}
              nameOf={nameOf}
              chosen={chosen}
              onChoose={setChosen}
              none={words('noSuggestion')}
              columns={[
                {
                  title: words('order'),
                  cell: ({ orderNumber }) => <OrderLink month={month} orderNumber={orderNumber} />,
                },
                { title: words('status'), cell: ({ status }) => status },
                {
                  title: words('yen'),
                  numeric: true,
                  cell: ({ amountYen }) => <Yen amount={amountYen} />,
                },
                { title: words('until'), cell: (of) => <Instant at={of.captureBefore} /> },
              ]}
            />
            <Pager nextAfter={nextAfter} />
          </Stack>
        )}
      </Loaded>
    </Stack>
  );
}

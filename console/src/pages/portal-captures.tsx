import { Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useParams } from 'react-router';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { orNull } from '../parts/act-button.tsx';
import { ChoiceTable, sumOf } from '../parts/choice-table.tsx';
import { CountAndYen, Instant, Yen } from '../parts/figures.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { OrderLink } from '../parts/order-link.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { PortalAnswers, type PortalResult } from '../parts/portal-answers.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { useMerchant } from '../places.ts';

const useWords = defineWords('portal-captures', {
  ja: {
    title: '{{month}} の売上処理リスト',
    cycles: '請求サイクル',
    cycle: '{{month}} の請求',
    text: 'ペイジェントの「情報照会 → 一括売上処理」で処理する請求です。CSVを取り出して画面で処理し、結果をここに記録してください。',
    total: 'リスト全体: ',
    csv: 'CSVで取り出す',
    order: '注文番号',
    payment: '決済ID',
    yen: '売上金額',
    authorized: 'オーソリ金額',
    until: '売上期限',
    asked: 'リストに載せた日時',
    none: '画面で処理する売上はありません。売上を画面で処理する設定のときに、ここに載ります。',
  },
  en: {
    title: 'Captures of {{month}} on the portal',
    cycles: 'Billing cycles',
    cycle: 'Billing of {{month}}',
    text: 'To be captured on the portal (情報照会 → 一括売上処理). Download them, capture them there, and record the result here.',
    total: 'The whole list: ',
    csv: 'Download CSV',
    order: 'Order',
    payment: 'Payment ID',
    yen: 'To capture',
    authorized: 'Authorized',
    until: 'Capture before',
    asked: 'Listed at',
    none: 'Nothing is to be captured on the portal. Charges come here where the settings say so.',
  },
});

type Capture = NonNullable<Read<'listPortalCaptures'>['data']>['captures'][number];

/** 売上処理リスト: captures that a person carries out on the portal. */
function PortalCapturesPage() {
  const words = useWords();
  const { month = '' } = useParams();
  const { merchant, place } = useMerchant();
  const params = { merchant, month };
  const { after, limit } = usePlace();
  const [chosen, setChosen] = useState<readonly Capture[]>([]);
  const answer = useAct('confirmPortalCaptures');
  const query = { limit, ...(after === undefined ? {} : { after: Number(after) }) };
  const captures = useRead('listPortalCaptures', { params, query }, { everyMs: 5000 });
  const tell = async (
    orderNumbers: string[] | null,
    confirmed: ReturnType<typeof sumOf>,
    result: PortalResult<'captured'>,
    reason: string,
  ) => {
    const of = { orderNumbers, confirmed };
    const body =
      result === 'captured' ? { ...of, result, reason: orNull(reason) } : { ...of, result, reason };
    const done = await answer.act({ params, body });
    if (done !== null) setChosen([]);
    return done;
  };
  return (
    <Page
      title={words('title', { month })}
      above={[
        { to: place('cycles'), title: words('cycles') },
        { to: place('cycles', month), title: words('cycle', { month }) },
      ]}
      actions={
        <SaveButton
          route="downloadPortalCaptures"
          input={{ params, query: {} }}
          label={words('csv')}
        />
      }
    >
      <Text size="sm">{words('text')}</Text>
      <Loaded read={captures}>
        {({ captures: found, total, nextAfter }) => (
          <Stack>
            {total.rows > 0 && (
              <Group>
                <Text size="sm">
                  {words('total')}
                  <CountAndYen of={total} fw={700} />
                </Text>
                <PortalAnswers
                  done="captured"
                  of={sumOf(chosen)}
                  act={answer}
                  onAnswer={(result, reason) =>
                    tell(
                      chosen.map(({ orderNumber }) => orderNumber),
                      sumOf(chosen),
                      result,
                      reason,
                    )
                  }
                />
                <PortalAnswers
                  all
                  done="captured"
                  of={total}
                  act={answer}
                  onAnswer={(result, reason) => tell(null, total, result, reason)}
                />
              </Group>
            )}
            <ChoiceTable
              label={words('title', { month })}
              rows={found}
              nameOf={({ orderNumber }) => orderNumber}
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
                {
                  title: words('authorized'),
                  numeric: true,
                  cell: ({ authorizedYen }) => <Yen amount={authorizedYen} />,
                },
                { title: words('until'), cell: (of) => <Instant at={of.captureBefore} /> },
                { title: words('asked'), cell: (of) => <Instant at={of.askedAt} /> },
              ]}
            />
            <Pager nextAfter={nextAfter} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

export const route = { Component: PortalCapturesPage };

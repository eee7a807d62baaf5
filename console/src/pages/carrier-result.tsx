import { useParams } from 'react-router';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { DeliveryAttempts, DeliveryState } from '../parts/delivery-facts.tsx';
import { Instant, Yen } from '../parts/figures.tsx';
import { forOperators } from '../parts/for-operators.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { FactsTable, Section } from '../parts/section.tsx';
import { WorkflowLink } from '../parts/workflow-link.tsx';
import { useMerchant } from '../places.ts';
import { deliveryWorkflow } from '../workflow-names.ts';

const useWords = defineWords('carrier-result', {
  ja: {
    title: 'キャリア決済の結果',
    list: '受信した結果',
    version: '第 {{n}} 版',
    newest: '第 {{n}} 版(最新)',
    order: 'オーダーNo',
    ip: 'IPコード',
    result: '結果',
    carrier: 'キャリア',
    yen: '金額',
    phone: '電話番号',
    email: 'メール',
    received: '受信',
    calls: '届いた回数',
    times: '{{n}} 回(同じ内容の2回目からは送信しません)',
    parameters: '受け取ったままのパラメータ',
    name: '名前',
    value: '値',
    noParameters: 'パラメータは保存期間が過ぎたため消去しました。',
    deliveries: '店舗のシステムへの送信',
    endpoint: '送信先',
    ofVersion: '版',
    state: '状態',
    attempts: '送信の結果',
    none: '送信はありません。この結果が届いたとき、送信先が登録されていませんでした。',
  },
  en: {
    title: 'Result of a carrier payment',
    list: 'Results',
    version: 'Version {{n}}',
    newest: 'Version {{n}} (latest)',
    order: 'Order',
    ip: 'IP code',
    result: 'Result',
    carrier: 'Carrier',
    yen: 'Amount',
    phone: 'Phone',
    email: 'Mail',
    received: 'Received',
    calls: 'Came',
    times: '{{n}} times (a repetition is not delivered)',
    parameters: 'Parameters as they came',
    name: 'Name',
    value: 'Value',
    noParameters: 'They are kept no longer.',
    deliveries: "Deliveries to the shop's systems",
    endpoint: 'Endpoint',
    ofVersion: 'Version',
    state: 'State',
    attempts: 'Attempts',
    none: 'None: no endpoint was there when the result came.',
  },
});

type Payment = NonNullable<Read<'readCarrierResult'>['data']>;

/** A payment: every version of its result, as it came, and its way to the shop. */
function CarrierResultPage() {
  const words = useWords();
  const { result = '' } = useParams();
  const { merchant, place } = useMerchant();
  const read = useRead('readCarrierResult', { params: { merchant, result } }, { everyMs: 10_000 });
  const endpoints = [...new Set(read.data?.deliveries.map(({ endpoint }) => endpoint))];
  return (
    <Page
      title={words('title')}
      above={[{ to: place('carrier-results'), title: words('list') }]}
      actions={endpoints.map((endpoint) => (
        <WorkflowLink key={endpoint} workflowId={deliveryWorkflow(endpoint)} of={endpoint} />
      ))}
    >
      <Loaded read={read}>
        {({ versions, deliveries }) => (
          <>
            <Deliveries deliveries={deliveries} />
            {[...versions].reverse().map((one) => (
              <Version key={one.id} one={one} />
            ))}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Version({ one }: { readonly one: Payment['versions'][number] }) {
  const words = useWords();
  const title = words(one.latest ? 'newest' : 'version', { n: one.version });
  return (
    <Section title={title}>
      <FactsTable
        label={title}
        facts={[
          [words('order'), one.orderNumber],
          [words('ip'), one.ipCode],
          [words('result'), one.result],
          [words('carrier'), one.carrier ?? '—'],
          [words('yen'), one.amountYen === null ? '—' : <Yen key="yen" amount={one.amountYen} />],
          [words('phone'), one.phone ?? '—'],
          [words('email'), one.email ?? '—'],
          [words('received'), <Instant key="received" at={one.receivedAt} />],
          [words('calls'), words('times', { n: one.calls })],
        ]}
      />
      <ListTable
        label={`${title}: ${words('parameters')}`}
        rows={one.parameters.map(([name, value], n) => ({ n, name, value }))}
        keyOf={({ n }) => n}
        none={words('noParameters')}
        minWidth={400}
        columns={[
          {
            title: words('name'),
            cell: ({ name }) => <span className="raw-line">{name}</span>,
          },
          {
            title: words('value'),
            cell: ({ value }) => <span className="raw-line">{value}</span>,
          },
        ]}
      />
    </Section>
  );
}

function Deliveries({ deliveries }: { readonly deliveries: Payment['deliveries'] }) {
  const words = useWords();
  return (
    <Section title={words('deliveries')}>
      <ListTable
        label={words('deliveries')}
        rows={deliveries}
        keyOf={({ id }) => id}
        none={words('none')}
        columns={[
          { title: words('endpoint'), cell: ({ endpoint }) => endpoint },
          { title: words('ofVersion'), cell: ({ version }) => version },
          {
            title: words('state'),
            cell: ({ state, dueAt }) => (
              <DeliveryState state={state} dueAt={state === 'due' ? dueAt : null} />
            ),
          },
          {
            title: words('attempts'),
            cell: ({ attempts }) => <DeliveryAttempts attempts={attempts} />,
          },
        ]}
      />
    </Section>
  );
}

export const route = { Component: forOperators(CarrierResultPage) };

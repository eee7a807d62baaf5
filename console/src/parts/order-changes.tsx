import { Badge, List, Stack, Switch } from '@mantine/core';
import { useState } from 'react';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { EXCLUSIONS, useExclusionWords } from '../words/billing-words.ts';
import { ListTable } from './list-table.tsx';
import { Loaded } from './loaded.tsx';
import { MoreButtons } from './more-buttons.tsx';
import { OrderLink } from './order-link.tsx';

const useWords = defineWords('order-changes', {
  ja: {
    title: '新しい注文CSVとの差分',
    onlyCharged: '請求を作った後に変わった注文だけ',
    export: '注文CSV',
    nth: '{{n}} 回目',
    order: '注文番号',
    kind: '変化',
    changed: '変更',
    readable: '読めるようになった',
    unreadable: '読めなくなった',
    gone: '消えた',
    back: '戻った',
    charged: '請求済みの内容は変わりません',
    differences: '内容',
    told: '変更あり(値は表示しません)',
    none: '差分はありません。',
    noneCharged: '請求を作った後に変わった注文はありません。',
  },
  en: {
    title: 'What newer exports say differently',
    onlyCharged: 'Only orders that were charged before',
    export: 'Export',
    nth: 'No. {{n}}',
    order: 'Order',
    kind: 'What',
    changed: 'Changed',
    readable: 'Readable now',
    unreadable: 'Unreadable now',
    gone: 'Gone',
    back: 'Back',
    charged: 'The charge stays as it was',
    differences: 'Differences',
    told: 'changed (not shown)',
    none: 'Nothing differs.',
    noneCharged: 'No charged order differs.',
  },
});

/** Fields that a newer export may tell otherwise, by the column of the record. */
const useFieldWords = defineWords('order-change-fields', {
  ja: {
    customer_number: '顧客番号',
    ordered_at: '受注日時',
    payment_method: '支払方法',
    cycle_count: '定期回数',
    previous_order_number: '直前回注文番号',
    amount_yen: '購入金額',
    shipment: '発送',
    shipped_on: '全商品発送日',
    status: '対応状況',
    customer_name: '顧客名',
    email: 'メールアドレス',
    phone: 'TEL',
    exclusion: '対象外の理由',
  },
  en: {
    customer_number: 'Customer number',
    ordered_at: 'Ordered',
    payment_method: 'Payment method',
    cycle_count: 'Cycle count',
    previous_order_number: 'Previous order',
    amount_yen: 'Amount',
    shipment: 'Shipment',
    shipped_on: 'Shipped on',
    status: 'Status',
    customer_name: 'Customer',
    email: 'Mail address',
    phone: 'Phone',
    exclusion: 'Why left out',
  },
});

type Change = NonNullable<Read<'listOrderChanges'>['data']>['changes'][number];
type Difference = Change['differences'][number];
type Place = NonNullable<NonNullable<Read<'listOrderChanges'>['data']>['next']>;

/** Orders as exports after the first one have them; a charge never follows. */
export function OrderChanges({ month }: { readonly month: string }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const [charged, setCharged] = useState(false);
  const [after, setAfter] = useState<Place | null>(null);
  const read = useRead('listOrderChanges', {
    params: { merchant, month },
    query: { charged: charged ? 'true' : 'false', ...after, limit: 20 },
  });
  return (
    <Stack gap="sm">
      <Switch
        label={words('onlyCharged')}
        checked={charged}
        onChange={(event) => {
          setCharged(event.currentTarget.checked);
          setAfter(null);
        }}
      />
      <Loaded read={read} lines={2}>
        {({ changes, next }) => (
          <>
            <ListTable
              label={words('title')}
              rows={changes}
              keyOf={(of) => `${of.export} ${of.orderNumber} ${of.kind}`}
              none={words(charged ? 'noneCharged' : 'none')}
              columns={[
                { title: words('export'), cell: (of) => words('nth', { n: of.export }) },
                {
                  title: words('order'),
                  cell: ({ orderNumber }) => <OrderLink month={month} orderNumber={orderNumber} />,
                },
                {
                  title: words('kind'),
                  cell: (of) => (
                    <>
                      {words(of.kind)}{' '}
                      {of.charged && (
                        <Badge color="red" variant="outline">
                          ● {words('charged')}
                        </Badge>
                      )}
                    </>
                  ),
                },
                {
                  title: words('differences'),
                  cell: ({ differences }) =>
                    differences.length === 0 ? '—' : <Differences differences={differences} />,
                },
              ]}
            />
            <MoreButtons
              after={after === null ? undefined : JSON.stringify(after)}
              nextAfter={next === null ? null : JSON.stringify(next)}
              onGo={(place) => setAfter(place === undefined ? null : JSON.parse(place))}
            />
          </>
        )}
      </Loaded>
    </Stack>
  );
}

function Differences({ differences }: { readonly differences: readonly Difference[] }) {
  const words = useWords();
  const fields = useFieldWords();
  const exclusions = useExclusionWords();
  const show = ({ field }: Difference, value: Difference['before']) => {
    const exclusion = EXCLUSIONS.find((one) => one === value);
    return field === 'exclusion' && exclusion !== undefined
      ? exclusions(exclusion)
      : String(value ?? '—');
  };
  return (
    <List size="sm">
      {differences.map((one) => (
        <List.Item key={one.field}>
          {/* Of a row that cannot be read it is the file's own name of the column. */}
          {fields(one.field as 'status')}:{' '}
          {one.before === null && one.after === null
            ? words('told')
            : `${show(one, one.before)} → ${show(one, one.after)}`}
        </List.Item>
      ))}
    </List>
  );
}

import type { Order } from '../../billing/order.ts';

export const header =
  '受注日時,注文番号,顧客番号,顧客名,メールアドレス,電話番号,支払方法,定期回数,直前回注文番号,購入金額,全商品発送日,対応状況';

const defaults = {
  受注日時: '2026/11/04 14:06',
  注文番号: '338',
  顧客番号: '285',
  顧客名: '髙橋 能子',
  メールアドレス: 'a@example.jp',
  電話番号: '0300000000',
  支払方法: 'クレジットカード',
  定期回数: '3',
  直前回注文番号: '200',
  購入金額: '11246',
  全商品発送日: '',
  対応状況: '定期配送中',
};

/** One line of an order export, with the given cells; the others are those of a billed order. */
export function orderLine(cells: Partial<typeof defaults> = {}): string {
  return Object.values({ ...defaults, ...cells }).join(',');
}

/** An order that is billed, with the given fields. */
export function order(fields: Partial<Order> = {}): Order {
  return {
    record: 1,
    line: 2,
    orderNumber: '338',
    customerNumber: '285',
    orderedAt: null,
    paymentMethod: 'クレジットカード',
    cycleCount: 3,
    previousOrderNumber: '200',
    amountYen: 11_246,
    shipment: { kind: 'unknown' },
    status: '定期配送中',
    customerName: '',
    email: '',
    phone: '',
    ...fields,
  };
}

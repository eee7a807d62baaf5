import { describe, expect, it } from 'vitest';
import type { Order } from '../../billing/order.ts';
import { cagolabProfile } from '../../billing/order-profile.ts';
import { exclusionLabels, selectOrder, toQuarantinedRow } from '../../billing/select-orders.ts';
import { order } from './order-rows.ts';

const select = (fields: Partial<Order>) => selectOrder(order(fields), cagolabProfile);

describe('selectOrder', () => {
  it.each(cagolabProfile.billedStatuses)('bills a repeat order that is %s', (status) => {
    expect(select({ status })).toEqual({ kind: 'selected' });
  });

  it.each([
    ['not_paygent', { paymentMethod: '代金引換' }],
    ['first_order', { cycleCount: 1 }],
    ['delivery_completed', { status: '定期配送完了済み' }],
    ['cancelled', { status: 'キャンセル' }],
    ['cancelled_by_customer', { status: '顧客キャンセル' }],
    ['payment_failed', { status: '決済失敗' }],
    ['continuation_pending', { status: '継続確認中' }],
    ['zero_amount', { amountYen: 0 }],
  ])('excludes %s', (reason, fields) => {
    expect(select(fields)).toEqual({ kind: 'excluded', reason });
  });

  it('gives the first reason of the specified order when several match', () => {
    const all = { paymentMethod: '', cycleCount: 1, status: 'キャンセル', amountYen: 0 };
    expect(select(all)).toMatchObject({ reason: 'not_paygent' });
    const { paymentMethod: _, ...paygent } = all;
    expect(select(paygent)).toMatchObject({ reason: 'first_order' });
    const { cycleCount: __, ...repeat } = paygent;
    expect(select(repeat)).toMatchObject({ reason: 'cancelled' });
    expect(select({ amountYen: 0, previousOrderNumber: null })).toMatchObject({
      reason: 'zero_amount',
    });
  });

  it('quarantines what contradicts itself', () => {
    expect(select({ status: '謎' })).toMatchObject({ kind: 'quarantined', field: 'status' });
    // A name that every object has is no known status either.
    expect(select({ status: 'constructor' })).toMatchObject({ kind: 'quarantined' });
    const unknownPrevious = { kind: 'quarantined', field: 'previousOrderNumber' };
    expect(select({ previousOrderNumber: null })).toMatchObject(unknownPrevious);
    const unknownCount = { kind: 'quarantined', field: 'cycleCount' };
    expect(select({ cycleCount: null })).toMatchObject(unknownCount);
    expect(select({ cycleCount: 0 })).toMatchObject(unknownCount);
  });

  it('shows a quarantined order as a row with its column', () => {
    const billed = order({ record: 7, line: 12, previousOrderNumber: null });
    const selection = selectOrder(billed, cagolabProfile);
    if (selection.kind !== 'quarantined') throw new Error('not quarantined');
    expect(toQuarantinedRow(billed, selection, cagolabProfile)).toMatchObject({
      record: 7,
      line: 12,
      column: '直前回注文番号',
      orderNumber: '338',
    });
  });

  it('has a Japanese label for every reason', () => {
    for (const label of Object.values(exclusionLabels)) expect(label).toMatch(/[ぁ-んァ-ヶ一-龠]/);
  });
});

import { createReadStream } from 'node:fs';
import { expect, test } from 'vitest';
import { readOrderExport } from '../../billing/order-export.ts';
import { cagolabProfile } from '../../billing/order-profile.ts';
import { labelOfReason } from '../../billing/order-reasons.ts';
import { selectOrder } from '../../billing/select-orders.ts';

test('every reason of the bundled export has words for operators', async () => {
  const bundled = createReadStream('sandbox/fixtures/orders-2026-11.csv');
  const found = new Set<string>();
  for await (const row of readOrderExport(bundled, cagolabProfile, { encoding: 'cp932' })) {
    if (row.kind === 'quarantined') found.add(row.reason.code);
    else {
      const selection = selectOrder(row.order, cagolabProfile);
      if (selection.kind === 'excluded') found.add(selection.reason);
      if (selection.kind === 'quarantined') found.add(selection.reason.code);
    }
  }
  expect(found.size).toBeGreaterThan(10);
  for (const reason of found)
    expect([reason, labelOfReason(reason)?.match(/^[a-z_]+$/)]).toEqual([reason, null]);
});

test('an unknown reason is shown as it is, no reason as none', () => {
  expect(labelOfReason('a_new_one')).toBe('a_new_one');
  expect(labelOfReason('toString')).toBe('toString');
  expect(labelOfReason(null)).toBeNull();
});

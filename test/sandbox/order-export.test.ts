import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findDoubledOrders, readOrderExport } from '../../billing/order-export.ts';
import { cagolabProfile } from '../../billing/order-profile.ts';
import { selectOrder, toQuarantinedRow } from '../../billing/select-orders.ts';
import { detectEncoding } from '../../billing/text-encoding.ts';
import { createCardNumberGuard } from '../../imports/card-number-guard.ts';
import { bundledExport, bundledExportPath } from '../../sandbox/fixtures/bundled-export.ts';
import { oddRows } from '../../sandbox/shop/odd-rows.ts';
import {
  type ExpectedSummary,
  expectSummary,
  generateOrderExport,
  makeExportOrders,
  type OrderExportOptions,
} from '../../sandbox/shop/order-export.ts';

const bytesOf = (options: OrderExportOptions): Buffer =>
  Buffer.concat([...generateOrderExport(options)]);

async function* inChunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 10_007) yield bytes.subarray(at, at + 10_007);
}

interface Reading {
  orders: number;
  selected: number;
  amountYen: number;
  excluded: Record<string, number>;
  quarantined: ExpectedSummary['quarantined'];
  previousOf: Map<string, string | null>;
}

/** Reads an export as the product does, with nothing of the generator's knowledge. */
async function readAsProduct(bytes: Buffer): Promise<Reading> {
  const encoding = await detectEncoding(inChunks(bytes));
  const { doubled } = await findDoubledOrders(inChunks(bytes), cagolabProfile, { encoding });
  const reading: Reading = {
    orders: 0,
    selected: 0,
    amountYen: 0,
    excluded: {},
    quarantined: [],
    previousOf: new Map(),
  };
  const options = { encoding, doubled };
  for await (const row of readOrderExport(inChunks(bytes), cagolabProfile, options)) {
    reading.orders += 1;
    const selection = row.kind === 'order' ? selectOrder(row.order, cagolabProfile) : null;
    if (row.kind === 'quarantined') {
      const { record, orderNumber, column } = row;
      reading.quarantined.push({ record, orderNumber, column });
    } else if (selection?.kind === 'quarantined') {
      const { record, orderNumber, column } = toQuarantinedRow(
        row.order,
        selection,
        cagolabProfile,
      );
      reading.quarantined.push({ record, orderNumber, column });
    } else if (selection?.kind === 'excluded') {
      reading.excluded[selection.reason] = (reading.excluded[selection.reason] ?? 0) + 1;
    } else {
      reading.selected += 1;
      reading.amountYen += row.order.amountYen;
      reading.previousOf.set(row.order.orderNumber, row.order.previousOrderNumber);
    }
  }
  return reading;
}

const countsOf = ({ orders, selected, amountYen, excluded }: Reading | typeof expected) => ({
  orders,
  selected,
  amountYen,
  excluded,
});

const expected = expectSummary(bundledExport);

describe('the bundled export', () => {
  test('is what its seed makes, byte for byte', () => {
    expect(readFileSync(bundledExportPath).equals(bytesOf(bundledExport))).toBe(true);
  });

  test('its expected summary is written beside it', () => {
    const path = join(import.meta.dirname, '../../sandbox/fixtures/orders-2026-11.expected.json');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(expected);
  });

  test('reads as the generator knows it must', async () => {
    const reading = await readAsProduct(readFileSync(bundledExportPath));
    expect(countsOf(reading)).toEqual(countsOf(expected));
    expect(reading.quarantined).toEqual(expected.quarantined);
  });

  test('shows every exclusion and every kind of broken row', () => {
    const names = new Set([...makeExportOrders(bundledExport)].map(({ odd }) => odd?.name));
    expect(oddRows.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([]);
  });

  test('holds what the card-number guard lets pass', () => {
    const guard = createCardNumberGuard({ header: true });
    guard.write(readFileSync(bundledExportPath));
    expect(guard.end()).toBeNull();
  });
});

describe('a later export', () => {
  const december = { month: '2026-12', orders: 400, previousMonthOrders: 370 };
  const november = { month: '2026-11', orders: 370 };

  test('repeats the month before with later statuses, and follows its orders', async () => {
    const earlier = await readAsProduct(bytesOf(november));
    const later = await readAsProduct(bytesOf(december));
    expect(countsOf(later)).toEqual(countsOf(expectSummary(december)));
    const repeated = [...earlier.previousOf.keys()].filter((number) =>
      later.previousOf.has(number),
    );
    expect(repeated).toHaveLength(earlier.selected);
    expect(expectSummary(december).selectedOfPreviousMonth).toBe(earlier.selected);
    const followed = [...later.previousOf.values()].filter(
      (number) => number !== null && earlier.previousOf.has(number),
    );
    expect(followed.length).toBeGreaterThan(earlier.selected * 0.8);
    const statuses = [...makeExportOrders(december)]
      .slice(0, 370)
      .filter(({ odd }) => odd === null)
      .map(({ values }) => values.対応状況);
    expect(new Set(statuses)).toEqual(new Set(['発送済み']));
  });

  test('another seed makes another month, the same seed the same', () => {
    const hash = (seed: string): string =>
      createHash('sha256')
        .update(bytesOf({ month: '2026-11', orders: 50, seed }))
        .digest('hex');
    expect(hash('a')).toBe(hash('a'));
    expect(hash('a')).not.toBe(hash('b'));
  });

  test('plain rows only when asked: nothing is excluded or broken', async () => {
    const reading = await readAsProduct(bytesOf({ month: '2026-11', orders: 500, oddShare: 0 }));
    expect(reading).toMatchObject({ orders: 500, selected: 500, quarantined: [] });
  });
});

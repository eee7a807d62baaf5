import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  describeApprovalReasons,
  describeContentChange,
  findApprovalReasons,
  isAnotherPerson,
  peopleOf,
} from '../../billing/approval.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import {
  FINDING_KINDS,
  type Finding,
  findAnomalies,
  findingRow,
  type PreviewSummary,
} from '../../billing/preview.ts';

const none = { rows: 0, yen: 0 };
const noFindings = Object.fromEntries(
  FINDING_KINDS.map((kind) => [kind, none]),
) as PreviewSummary['findings'];

function summary(more: Partial<PreviewSummary> = {}): PreviewSummary {
  const billed = { rows: 100, yen: 100_000 };
  return {
    orders: 100,
    selected: billed,
    excluded: {},
    quarantined: 0,
    billed,
    compared: null,
    findings: noFindings,
    cards: { ok: 0, expired: 0, locked: 0, unknown: 100 },
    ...more,
  };
}

const compared = (rows: number, yen: number) => ({
  lastMonth: '2026-10',
  last: { rows: 100, yen: 100_000 },
  thisMonth: { rows, yen },
});

describe('what is unusual', () => {
  test.each([
    [80, 80_000, []],
    [120, 120_000, []],
    [121, 120_000, ['count_moved']],
    [79, 80_000, ['count_moved']],
    [100, 120_001, ['yen_moved']],
    [0, 0, ['count_moved', 'yen_moved']],
  ])('%i orders and %i yen after 100 and 100,000', (rows, yen, anomalies) => {
    const moved = summary({ compared: compared(rows, yen) });
    expect(findAnomalies(moved, { movedPercent: 20 })).toEqual(anomalies);
  });

  test('in a first month is only what the orders themselves show', () => {
    expect(findAnomalies(summary(), { movedPercent: 1 })).toEqual([]);
    const findings = { ...noFindings, over_ceiling: { rows: 1, yen: 200_000 } };
    const customer_repeated = { rows: 2, yen: 200 };
    const both = summary({ findings: { ...findings, customer_repeated } });
    expect(findAnomalies(both, { movedPercent: 1 })).toEqual(['over_ceiling']);
    const later = { ...both, compared: compared(100, 100_000) };
    expect(findAnomalies(later, { movedPercent: 1 })).toContain('customer_repeated');
  });

  test('is a customer whom a migration has left without a card', () => {
    const findings = { ...noFindings, card_not_migrated: { rows: 2, yen: 200 } };
    const found = summary({ findings });
    const settings = merchantSettingsSchema.parse({}).approval;
    const reasons = findApprovalReasons(found, settings);
    expect(reasons).toEqual(['card_not_migrated']);
    expect(describeApprovalReasons(reasons, found)).toContain(
      '移行先のカードがない顧客への請求が 2 件',
    );
  });

  test('does not depend on which side of the limit rounding falls', () => {
    fc.assert(
      fc.property(
        fc.nat(10_000),
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 99 }),
        (now, last, movedPercent) => {
          const moved = summary({
            compared: {
              lastMonth: '2026-10',
              last: { rows: last, yen: 0 },
              thisMonth: { rows: now, yen: 0 },
            },
          });
          const exact = BigInt(Math.abs(now - last)) * 100n > BigInt(last) * BigInt(movedPercent);
          expect(findAnomalies(moved, { movedPercent }).length === 1).toBe(exact);
        },
      ),
    );
  });
});

describe('an approval', () => {
  const settings = (approval: object) => merchantSettingsSchema.parse({ approval }).approval;
  const unusual = summary({ compared: compared(200, 200_000) });
  const nothing = summary({ billed: none });

  test.each([
    ['none', unusual, []],
    ['on-anomaly', summary(), []],
    ['on-anomaly', unusual, ['count_moved', 'yen_moved']],
    ['always', summary(), ['policy']],
    ['always', nothing, []],
    ['four-eyes', unusual, ['policy', 'count_moved', 'yen_moved']],
  ] as const)('under %s', (policy, of, reasons) => {
    expect(findApprovalReasons(of, settings({ policy }))).toEqual(reasons);
  });

  test('is asked for when a month would bill nobody any more', () => {
    const gone = summary({ billed: none, compared: compared(0, 0) });
    expect(findApprovalReasons(gone, settings({}))).toEqual(['count_moved', 'yen_moved']);
  });

  test('says why, with the figures', () => {
    expect(describeApprovalReasons(['policy', 'count_moved', 'yen_moved'], unusual)).toBe(
      '設定により承認が必要です。件数が前月から大きく変わっています(100 件 → 200 件)。金額が前月から大きく変わっています(100,000 円 → 200,000 円)。',
    );
  });

  test('comes from another person than the one who asked, however the name is spelt', () => {
    expect(isAnotherPerson('花子', ['太郎'])).toBe(true);
    expect(isAnotherPerson('Ｈanako  Yamada', ['太郎', 'hanako yamada'])).toBe(false);
    // A Schedule and the order source are nobody: then any one approver is the second person.
    expect(peopleOf(['schedule', 'order-source'])).toEqual([]);
    expect(isAnotherPerson('花子', [])).toBe(true);
  });

  test('of other contents names what differs', () => {
    const seen = { sha256: 'a', rows: 4, yen: 4006, settingsVersion: 1 };
    expect(describeContentChange(seen, { ...seen, rows: 5, yen: 5010, settingsVersion: 2 })).toBe(
      '件数 4 件 → 5 件、金額 4,006 円 → 5,010 円、設定 第1版 → 第2版',
    );
    expect(describeContentChange(seen, { ...seen, sha256: 'b' })).toBe('請求する注文の内訳');
  });
});

test('a finding as a row of a spreadsheet tells the difference where there is one', () => {
  const found: Finding = {
    kind: 'changed',
    i: 1,
    orderNumber: 'd2',
    customerNumber: '2',
    amountYen: 250,
    lastOrderNumber: 'n2',
    lastYen: 300,
    detail: null,
  };
  expect(findingRow(found)).toEqual(['金額の変更', 'd2', '2', 250, 'n2', 300, -50, null]);
  const gone = { ...found, kind: 'gone', amountYen: null, detail: 'cancelled' } as const;
  expect(findingRow(gone).slice(5)).toEqual([300, null, 'キャンセル']);
});

import { describe, expect, test } from 'vitest';
import { CHARGE_STATES, type ChargeState } from '../../billing/charge.ts';
import { CYCLE_STAGES, type CycleFacts, isFinished, needsAttention } from '../../billing/cycle.ts';
import { describeCycle } from '../../billing/describe-cycle.ts';

/** A month whose charges are all captured, in a stage where people work. */
function facts(more: Partial<CycleFacts> = {}): CycleFacts {
  return {
    stage: 'working_ng',
    watchesSource: false,
    collected: true,
    unselected: false,
    scope: 'all',
    openRuns: 0,
    uncleared: 0,
    approval: null,
    ngWorked: 0,
    unbilled: 0,
    held: 0,
    locked: 0,
    trouble: null,
    waitsSince: null,
    charges: { captured: { rows: 2, yen: 200 } },
    exchanges: { open: 0, toHandOver: 0, stuck: 0, unsettled: 0 },
    capture: { policy: 'immediate', ready: 0, nextWaveAt: null, nextShipmentAt: null, due: false },
    captureRefused: 0,
    portalCaptures: 0,
    deadlines: {
      marks: [],
      lastDay: { rule: 'ask', rows: 0, yen: 0, expiresOn: null },
      nextAt: null,
    },
    again: 0,
    expirable: 0,
    contradictions: 0,
    undoneVoids: 0,
    strays: 0,
    openCorrections: 0,
    nextExpiryAt: null,
    ...more,
  };
}

const one = { rows: 1, yen: 100 };
const finished: readonly ChargeState[] = [
  'captured',
  'voided',
  'carried_over',
  'cancelled',
  'given_up',
];

describe('a month is finished', () => {
  test.each(CHARGE_STATES)('unless a charge is %s and still needs somebody', (state) => {
    expect(isFinished({ captured: one, [state]: one })).toBe(finished.includes(state));
    expect(isFinished({ [state]: { rows: 0, yen: 0 } })).toBe(true);
  });
  test('with no charge at all', () => {
    expect(isFinished({})).toBe(true);
  });
});

describe('a person must act', () => {
  test.each(['unknown', 'quarantined', 'declined', 'expired', 'planned', 'void_sent'] as const)(
    'on a charge that is %s',
    (state) => {
      expect(needsAttention(facts({ charges: { [state]: one } }))).toBe(true);
    },
  );
  test.each(['sent', 'authorized', 'capture_sent', 'captured', 'given_up'] as const)(
    'on no charge that is %s',
    (state) => {
      expect(needsAttention(facts({ charges: { [state]: one } }))).toBe(false);
    },
  );
  test('on refused captures, files to hand over, rows to settle and a refused step', () => {
    expect(needsAttention(facts({ captureRefused: 1 }))).toBe(true);
    expect(
      needsAttention(facts({ exchanges: { open: 1, toHandOver: 1, stuck: 0, unsettled: 0 } })),
    ).toBe(true);
    expect(
      needsAttention(facts({ exchanges: { open: 1, toHandOver: 0, stuck: 1, unsettled: 0 } })),
    ).toBe(true);
    expect(
      needsAttention(facts({ exchanges: { open: 0, toHandOver: 0, stuck: 0, unsettled: 1 } })),
    ).toBe(true);
    expect(
      needsAttention(facts({ exchanges: { open: 1, toHandOver: 0, stuck: 0, unsettled: 0 } })),
    ).toBe(false);
    expect(needsAttention(facts({ stage: 'closing', trouble: '合いません。' }))).toBe(true);
  });
  test('on lists that wait for the portal, and says what to do there', () => {
    const listed = facts({ stage: 'capturing', portalCaptures: 2, charges: { void_sent: one } });
    expect(needsAttention(facts({ portalCaptures: 1 }))).toBe(true);
    expect(describeCycle(listed)).toContain('売上処理リストに 2 件あります');
    expect(describeCycle(listed)).toContain('取消リストに 1 件あります');
    expect(describeCycle(facts())).not.toContain('リスト');
  });
  test('on orders on hold, and on charges that only a tick lets go', () => {
    expect(needsAttention(facts({ held: 1 }))).toBe(true);
    const capture = {
      policy: 'manual',
      ready: 0,
      nextWaveAt: null,
      nextShipmentAt: null,
      due: false,
    } as const;
    const charges = { authorized: one };
    expect(needsAttention(facts({ capture, charges }))).toBe(true);
    expect(needsAttention(facts({ capture: { ...capture, ready: 1 }, charges }))).toBe(false);
  });
  test('on what is left to bill in a month of chosen orders, not on what comes late to others', () => {
    expect(needsAttention(facts({ scope: 'chosen', unbilled: 1 }))).toBe(true);
    expect(needsAttention(facts({ scope: 'chosen', unbilled: 1, openRuns: 1 }))).toBe(false);
    expect(needsAttention(facts({ stage: 'capturing', unbilled: 1 }))).toBe(false);
  });
  test('while collecting only until there is an export', () => {
    expect(needsAttention(facts({ stage: 'collecting', collected: false }))).toBe(true);
    expect(needsAttention(facts({ stage: 'collecting', collected: true }))).toBe(false);
  });
  test('never on a closed month', () => {
    const left = { declined: one, quarantined: one };
    expect(needsAttention(facts({ stage: 'closed', charges: left }))).toBe(false);
  });
});

describe('what an operator reads', () => {
  test.each(CYCLE_STAGES)('is a sentence in %s', (stage) => {
    expect(describeCycle(facts({ stage }))).toMatch(/^[^a-z]*[ぁ-ん][^a-z]*。$/);
  });

  test('names only the cases that there are', () => {
    const text = describeCycle(facts({ charges: { declined: one }, captureRefused: 2 }));
    expect(text).toBe(
      '対応が必要です(NG 1 件、売上未計上 2 件)。ファイルに入っていない売上が 2 件あります。原因を確かめ、ファイルを作り直してください。',
    );
    expect(describeCycle(facts({ charges: { sent: one } }))).toBe(
      '結果を待っています(オーソリ結果待ち 1 件)。',
    );
  });

  test.each(['awaiting_result', 'capturing', 'working_ng'] as const)(
    'tells in %s of charges that came back from a refused file',
    (stage) => {
      const returned = { stage, charges: { planned: { rows: 7, yen: 700 }, sent: one } } as const;
      expect(describeCycle(facts(returned))).toContain('ファイルに入っていないオーソリが 7 件');
      expect(describeCycle(facts({ ...returned, openRuns: 1 }))).not.toContain('作り直して');
      expect(describeCycle(facts({ stage, charges: { sent: one } }))).not.toContain('作り直して');
    },
  );

  test.each(['awaiting_result', 'capturing'] as const)(
    'tells in %s what people have to settle meanwhile, and only then',
    (stage) => {
      const charges = { sent: one, quarantined: { rows: 4, yen: 400 }, unknown: one };
      const text = describeCycle(facts({ stage, charges, held: 2 }));
      expect(text).toContain('対応が必要です(結果不明 1 件、要確認 4 件、保留 2 件)。');
      expect(describeCycle(facts({ stage, charges: { sent: one } }))).not.toContain('対応が必要');
    },
  );

  test('speaks of shipments only while something waits for one', () => {
    const capturing = (charges: CycleFacts['charges']) =>
      describeCycle(facts({ stage: 'capturing', charges }));
    expect(capturing({ capture_sent: one })).toContain('売上処理の結果を待っています');
    expect(capturing({ capture_sent: one, authorized: one })).toContain('発送を待っています');
  });

  test('says why a month stands still, and what to do', () => {
    const text = describeCycle(facts({ trouble: 'マーチャントIDが未設定です。' }));
    expect(text).toContain('マーチャントIDが未設定です。');
    expect(text).toContain('「再開」');
  });

  test('warns of a possible double billing in every stage', () => {
    for (const stage of ['awaiting_result', 'capturing', 'working_ng'] as const) {
      expect(describeCycle(facts({ stage, contradictions: 1 }))).toContain('二重請求の可能性');
      const undone = describeCycle(facts({ stage, contradictions: 1, undoneVoids: 1 }));
      expect(undone).toContain('取り消されていない');
      expect(undone).not.toContain('二重請求');
    }
    expect(describeCycle(facts())).not.toContain('二重請求');
  });

  test('tells a month with nothing to bill from a billed one', () => {
    expect(describeCycle(facts({ stage: 'closed', charges: {} }))).toContain('0件でした');
    expect(describeCycle(facts({ stage: 'closed' }))).toBe('この月の請求は締め済みです。');
  });
});

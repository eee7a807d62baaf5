import { describe, expect, test } from 'vitest';
import {
  describeRefresh,
  nextRefreshCheckAt,
  nextRefreshLookAt,
  planRefresh,
  REFRESH_STAGES,
  type RefreshCounts,
  type RefreshFacts,
  refreshLateAt,
  refreshResultDueAt,
  refreshSendDeadline,
  refreshStartAt,
} from '../../billing/card-refresh.ts';

const facts: RefreshFacts = {
  month: '2026-12',
  stage: 'planned',
  attention: false,
  note: null,
  requestAt: '2026-11-30T20:00:00.000Z',
  dueAt: null,
  sendOpen: false,
  targets: 0,
  counts: null,
};
const counts: RefreshCounts = {
  ...{ targets: 10, lines: 9, merged: 8, news: 8, quarantined: 1, missing: 2 },
  ...{ renewed: 3, valid: 1, noNewerData: 1, cardChanged: 0, cardGone: 0 },
  ...{ invalid: 1, mismatched: 1, inputErrors: 1 },
};

describe('the next step', () => {
  test('before the request the connection is tried; then the request is built', () => {
    expect(planRefresh({ ...facts, dueAt: '2026-11-29T20:00:00.000Z' })).toEqual({
      step: 'check',
      at: '2026-11-29T20:00:00.000Z',
    });
    expect(planRefresh(facts)).toEqual({ step: 'build', at: facts.requestAt });
    // A server that was away is tried again later that day.
    expect(planRefresh({ ...facts, dueAt: '2026-11-30T20:15:00.000Z' })).toEqual({
      step: 'build',
      at: '2026-11-30T20:15:00.000Z',
    });
  });

  test('a sending without an answer is never followed by another one', () => {
    expect(planRefresh({ ...facts, stage: 'built' })).toEqual({ step: 'send', at: null });
    expect(planRefresh({ ...facts, stage: 'built', sendOpen: true })).toEqual({
      step: 'note-unclear',
      at: null,
    });
    expect(planRefresh({ ...facts, stage: 'unknown', sendOpen: true }).step).toBe('inquire');
  });

  test('nobody looks for a result before the 27th, 00:00 in Japan', () => {
    const awaiting = { ...facts, stage: 'awaiting_result' } as const;
    expect(planRefresh(awaiting)).toEqual({ step: 'look', at: '2026-12-26T15:00:00.000Z' });
    expect(planRefresh({ ...awaiting, dueAt: '2026-12-05T00:00:00.000Z' }).at).toBe(
      refreshResultDueAt('2026-12'),
    );
    expect(planRefresh({ ...awaiting, dueAt: '2026-12-28T00:00:00.000Z' }).at).toBe(
      '2026-12-28T00:00:00.000Z',
    );
  });

  test.each(['done', 'not_run'] as const)('%s: nothing', (stage) => {
    expect(planRefresh({ ...facts, stage }).step).toBe('wait');
  });
});

describe('times', () => {
  test('a request that cannot leave is tried until the day of the results at most', () => {
    expect(refreshSendDeadline(facts, 2)).toBe('2026-12-02T20:00:00.000Z');
    const late = { month: '2026-12', requestAt: '2026-12-25T20:00:00.000Z' };
    expect(refreshSendDeadline(late, 14)).toBe('2026-12-26T15:00:00.000Z');
  });

  test('the connection is tried daily, but not in the hours before the request', () => {
    expect(nextRefreshCheckAt(facts.requestAt, '2026-11-28T20:00:00.000Z')).toBe(
      '2026-11-29T20:00:00.000Z',
    );
    expect(nextRefreshCheckAt(facts.requestAt, '2026-11-29T20:00:00.000Z')).toBeNull();
  });

  test('looks become seldom once the result is late or was answered', () => {
    const look = {
      ...{ month: '2026-12', pollMinutes: 30, lateDays: 3 },
      ...{ settling: false, answered: false },
    };
    const at = (now: string, more: object = {}) => nextRefreshLookAt({ ...look, now, ...more });
    expect(at('2026-12-26T15:00:00.000Z')).toBe('2026-12-26T15:30:00.000Z');
    expect(at('2026-12-26T15:00:00.000Z', { settling: true })).toBe('2026-12-26T15:01:00.000Z');
    expect(at('2026-12-26T15:00:00.000Z', { answered: true })).toBe('2026-12-26T21:00:00.000Z');
    expect(at(refreshLateAt('2026-12', 3))).toBe('2026-12-29T21:00:00.000Z');
  });

  test('a person starts this month until its results are due, or the next', () => {
    const now = '2026-12-10T00:00:00.000Z';
    expect(refreshStartAt('2026-12', now)).toBe(now);
    expect(refreshStartAt('2026-12', '2026-12-26T15:00:00.000Z')).toBeNull();
    expect(refreshStartAt('2027-01', now)).toBe('2026-12-31T15:00:00.000Z');
    expect(refreshStartAt('2027-02', now)).toBeNull();
    expect(refreshStartAt('2026-11', now)).toBeNull();
  });
});

describe('what operators read', () => {
  test.each(REFRESH_STAGES)('%s says where it stands, with its note', (stage) => {
    const plain = describeRefresh({ ...facts, stage, targets: 10 });
    const noted = describeRefresh({ ...facts, stage, targets: 10, note: '理由です。' });
    expect(plain).toMatch(/。$/);
    expect(noted).toContain('理由です。');
    expect(noted).not.toBe(plain);
  });

  test('a result is told in cards: what was renewed, locked, missing and quarantined', () => {
    const text = describeRefresh({ ...facts, stage: 'done', targets: 10, counts });
    expect(text).toBe(
      '洗替結果を取り込みました（対象 10 件）: 有効 1 件、更新 3 件、更新データなし 1 件、請求停止 3 件（有効性NG 1、照合エラー 1、入力データエラー 1）。結果のないカードが 2 件あります。照合できない行 1 件を隔離しました（カードは変更していません）。',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { type Attention, attentionTasks } from '../../console/src/attention-tasks.ts';
import {
  type CycleDetail,
  type Exchange,
  nextStepOf,
  progressOf,
} from '../../console/src/month-progress.ts';
import { listTasks } from '../../console/src/tasks.ts';

function cycle(own: Partial<CycleDetail> = {}): CycleDetail {
  return {
    month: '2026-11',
    stage: 'capturing',
    attention: true,
    attentionSince: null,
    trouble: null,
    startedAt: '2026-11-01T00:00:00.000Z',
    startedBy: 'hanako',
    scope: 'all',
    closedAt: null,
    waitsFor: '',
    selection: null,
    unbilled: 0,
    approval: null,
    held: 0,
    charges: {},
    capture: { policy: 'immediate', ready: 0, nextWaveAt: null },
    exchanges: { open: 0, toHandOver: 0, stuck: 0, unsettled: 0 },
    conservation: { rows: true, yen: true, broken: [] },
    pending: null,
    countedAt: null,
    ...own,
  };
}

function file(own: Partial<Exchange> = {}): Exchange {
  return {
    month: '2026-11',
    kind: 'auth',
    number: 1,
    fileName: 'auth-2026-11-001.csv',
    sha256: '',
    bytes: 1,
    records: 2,
    amountYen: 3000,
    stage: 'handing_over',
    attention: true,
    acceptanceNumber: null,
    acceptedAt: null,
    unclearAt: null,
    completedAt: null,
    finishedAt: null,
    createdAt: '2026-11-01T00:00:00.000Z',
    transport: 'portal',
    dueAt: null,
    note: null,
    ...own,
  };
}

const approval = { preview: 2, sha256: '', rows: 2, yen: 3000, why: '' };

describe('the one act that moves a month on', () => {
  const some = { rows: 1, yen: 1000 };
  it.each([
    ['resume', cycle({ trouble: '設定がありません。' }), [file()]],
    ['upload_orders', cycle({ stage: 'collecting' }), []],
    ['approve', cycle({ stage: 'awaiting_approval', approval }), [file()]],
    ['clarify', cycle(), [file({ stage: 'unknown' }), file({ number: 2 })]],
    ['hand_over', cycle(), [file({ stage: 'awaiting_result' }), file({ number: 2 })]],
    ['reconcile', cycle({ charges: { quarantined: some } }), []],
    ['bring_result', cycle(), [file({ stage: 'awaiting_result' })]],
    ['look', cycle(), [file({ transport: 'sftp' })]],
    ['rebuild', cycle({ charges: { planned: some } }), []],
    ['look', cycle({ charges: { planned: some }, held: 1 }), []],
    ['work_ng', cycle({ stage: 'working_ng', charges: { declined: some } }), []],
    ['report', cycle({ stage: 'closed' }), []],
  ])('%s', (act, of, files) => {
    expect(nextStepOf(of, files).act).toBe(act);
  });

  it('leads to the file, the preview and the desk by address', () => {
    expect(nextStepOf(cycle(), [file({ number: 3 })]).steps).toEqual([
      'exchanges',
      '2026-11',
      'auth',
      3,
    ]);
    const awaited = cycle({ stage: 'awaiting_approval', approval });
    expect(nextStepOf(awaited, []).steps).toEqual(['cycles', '2026-11', 'previews', 2]);
  });
});

describe('what needs a person', () => {
  const declined = {
    reason: 'declined' as const,
    label: 'オーソリNG',
    act: '',
    mover: 'operator' as const,
    rows: 1,
    yen: 9000,
    samples: [],
  };
  const deadline = {
    month: '2026-10',
    expiresOn: '2026-11-25',
    daysLeft: 3,
    lastDayAt: '2026-11-20T01:00:00.000Z',
    rows: 1,
    yen: 500,
    held: { rows: 0, yen: 0 },
    returned: { rows: 0, yen: 0 },
    inFiles: { rows: 0, yen: 0 },
  };

  it('is listed by deadline, then what stands still, then by yen', () => {
    const tasks = listTasks(
      [
        { cycle: cycle({ trouble: '設定がありません。' }), exchanges: [], reasons: [] },
        { cycle: cycle(), exchanges: [file()], reasons: [declined] },
      ],
      [deadline],
    );
    expect(tasks.map(({ kind, yen }) => [kind, yen])).toEqual([
      ['deadline', 500],
      ['trouble', 0],
      ['open', 9000],
      ['hand_over', 3000],
    ]);
    expect(tasks[2]?.steps).toEqual(['ng-cases?month=2026-11']);
  });

  it('leads to the page where its rows are moved on', () => {
    const reasons = (['expired', 'void_sent', 'held', 'capture_refused'] as const).map(
      (reason) => ({ ...declined, reason }),
    );
    const tasks = listTasks([{ cycle: cycle(), exchanges: [], reasons }], []);
    expect(tasks.map(({ steps }) => steps.join('/'))).toEqual([
      'cycles/2026-11/charges?state=expired',
      'cycles/2026-11/voids',
      'orders?month=2026-11&show=holds',
      'cycles/2026-11?reason=capture_refused',
    ]);
  });

  it('names nothing twice and nothing that waits for others', () => {
    const reasons = (['planned', 'selected_without_charge', 'sent', 'authorized'] as const).map(
      (reason) => ({
        ...declined,
        reason,
        mover: reason === 'sent' ? ('psp' as const) : declined.mover,
      }),
    );
    const tasks = listTasks([{ cycle: cycle({ approval }), exchanges: [], reasons }], []);
    expect(tasks.map(({ kind }) => kind)).toEqual(['approval']);
  });
});

describe('what needs a person beside the months', () => {
  const nothing: Attention = {
    refreshes: [],
    overrides: [],
    migrations: [],
    imports: [],
    sendErrors: { rows: 0, yen: 0, more: false, oldestAt: null },
    mails: { rows: 0, more: false, oldestAt: null },
  };
  const at = '2026-11-20T00:00:00.000Z';
  const places = (attention: Partial<Attention>) =>
    listTasks([], [], attentionTasks({ ...nothing, ...attention }, 'hanako')).map(
      ({ kind, steps }) => [kind, steps.join('/')],
    );

  it('is nothing where nothing waits', () => {
    expect(places({})).toEqual([]);
  });

  it('leads to where each is worked, the nearest end and the most yen first', () => {
    const refresh = { month: '2026-11', stage: 'built' as const, waitsFor: '' };
    expect(
      places({
        refreshes: [{ ...refresh, dueAt: '2026-11-24T15:00:00.000Z' }],
        migrations: [
          { number: 3, stage: 'awaiting_return', note: null, waitsSince: at, late: true },
        ],
        imports: [
          { number: 7, kind: 'cards', fileName: 'a.csv', stage: 'refused', trouble: '読めません' },
          { number: 6, kind: 'cards', fileName: 'b.csv', stage: 'uploaded', trouble: null },
        ],
        sendErrors: { rows: 2, yen: 900, more: false, oldestAt: '2026-10-31T15:00:00.000Z' },
        mails: { rows: 1000, more: true, oldestAt: at },
      }),
    ).toEqual([
      ['refresh', 'card-refreshes/2026-11'],
      ['send_errors', 'send-errors?condition=open&mode=bulk&period=date&date=2026-11-01'],
      ['migration_late', 'card-migrations/3'],
      ['import_refused', 'imports/7'],
      ['import_held', 'imports/6'],
      ['mails', 'mails?state=unknown'],
    ]);
  });

  it('knows an override that the one who looks may not answer', () => {
    const overrides = [
      { lock: 1, askedBy: 'hanako', askedAt: at },
      { lock: 2, askedBy: 'taro', askedAt: at },
    ];
    expect(places({ overrides })).toEqual([
      ['override_asked', 'card-locks/1'],
      ['override', 'card-locks/2'],
    ]);
  });
});

describe('the steps of a month', () => {
  it('are done, here and ahead, with what each holds', () => {
    const of = cycle({
      charges: { captured: { rows: 1, yen: 100 }, declined: { rows: 2, yen: 9 } },
    });
    expect(progressOf(of).map(({ step, at }) => [step, at])).toEqual([
      ['orders', 'done'],
      ['approval', 'done'],
      ['authorization', 'done'],
      ['capture', 'here'],
      ['ng', 'ahead'],
      ['close', 'ahead'],
    ]);
    expect(progressOf(of)[3]?.of).toEqual({ rows: 1, yen: 100 });
    expect(progressOf(cycle({ stage: 'closed' })).every(({ at }) => at === 'done')).toBe(true);
  });
});

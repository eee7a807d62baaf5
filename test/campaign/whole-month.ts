import { billMonth } from '../../sandbox/bill-month.ts';
import { endCharges, listCharges, readCycle } from '../../sandbox/operator.ts';
import type { Month } from '../workflows/month.ts';
import { processFaults } from './faults.ts';
import { billedMonth, pause, persist, type StepKind, type Story } from './story.ts';

/** 326 orders are billed in the month of the fixture, which makes five files of each kind. */
const maxRecordsPerFile = 80;
const billedOrders = 300;
const filesOfAKind = 4;

/** Where the month can be disturbed, in the order in which it gets there. */
export const steps = {
  'collecting orders': { table: 'orders', on: 'insert', rows: 350, at: 'row' },
  'orders collected': { table: 'order_collections', on: 'insert', rows: 1, at: 'commit' },
  'selecting orders': { table: 'selection_rows', on: 'insert', rows: 350, at: 'row' },
  'orders selected': { table: 'selections', on: 'insert', rows: 1, at: 'commit' },
  'planning charges': { table: 'charges', on: 'insert', rows: billedOrders, at: 'row' },
  'charges planned': { table: 'charge_items', on: 'insert', rows: billedOrders, at: 'commit' },
  'file stored': {
    table: 'files',
    on: 'insert',
    when: "new.direction = 'outbound'",
    rows: 2 * filesOfAKind,
    at: 'commit',
  },
  'between two authorization files': {
    table: 'exchanges',
    on: 'insert',
    when: "new.kind = 'auth'",
    first: 2,
    rows: filesOfAKind,
    at: 'row',
  },
  'authorizations claimed': { table: 'attempts', on: 'insert', rows: billedOrders, at: 'commit' },
  'opening a file for hand-over': { table: 'sends', on: 'insert', rows: filesOfAKind, at: 'row' },
  'file opened for hand-over': { table: 'sends', on: 'insert', rows: filesOfAKind, at: 'commit' },
  'recording a 受付番号': { table: 'send_answers', on: 'insert', rows: filesOfAKind, at: 'row' },
  '受付番号 recorded': { table: 'send_answers', on: 'insert', rows: filesOfAKind, at: 'commit' },
  'completion recorded': {
    table: 'exchanges',
    on: 'update',
    when: 'new.completed_at is not null and old.completed_at is null',
    rows: filesOfAKind,
    at: 'commit',
  },
  'merging authorizations': { table: 'outcomes', on: 'insert', rows: billedOrders, at: 'row' },
  'authorizations merged': {
    table: 'result_files',
    on: 'insert',
    rows: filesOfAKind,
    at: 'commit',
  },
  'between two capture files': {
    table: 'exchanges',
    on: 'insert',
    when: "new.kind = 'capture'",
    first: 2,
    rows: filesOfAKind - 1,
    at: 'row',
  },
  'claiming captures': { table: 'endings', on: 'insert', rows: billedOrders, at: 'row' },
  'captures claimed': { table: 'endings', on: 'insert', rows: billedOrders, at: 'commit' },
  'merging captures': { table: 'ending_results', on: 'insert', rows: billedOrders, at: 'row' },
  'captures merged': { table: 'ending_results', on: 'insert', rows: billedOrders, at: 'commit' },
  'month moved on': {
    table: 'cycles',
    on: 'update',
    when: "new.stage in ('awaiting_result', 'capturing', 'working_ng', 'closing')",
    rows: 4,
    at: 'commit',
  },
  'month closed': {
    table: 'cycles',
    on: 'update',
    when: "new.stage = 'closed'",
    rows: 1,
    at: 'commit',
  },
} as const satisfies Record<string, StepKind>;

/** A month that bills all orders of one export, each captured as soon as it is authorized. */
export const wholeMonth = (csv: Uint8Array): Story => ({
  settings: { paygent: { maxRecordsPerFile } },
  steps,
  faults: processFaults,
  live: (month) => liveThrough(month, csv),
});

async function liveThrough(month: Month, csv: Uint8Array): Promise<void> {
  const { day } = month;
  await persist(month, () => month.begin(billedMonth, csv));
  const cycle = await persist(month, () => billMonth(day, billedMonth));
  if (cycle.stage !== 'closed') {
    const declined = await listCharges(day.desk, billedMonth, { state: 'declined' });
    await persist(month, () =>
      endCharges(day.desk, billedMonth, {
        orderNumbers: declined.map((charge) => charge.orderNumber),
        kind: 'given_up',
        reason: 'the month of the test ends here',
      }),
    );
  }
  while ((await readCycle(day.desk, billedMonth)).stage !== 'closed') {
    await pause();
  }
}

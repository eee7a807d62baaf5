import { expect, test } from 'vitest';
import { type BillingOutcome, judgeCanary } from '../../billing/migration-canary.ts';

const settings = { maxDeclinedPercent: 10, minAnswered: 5 };
const outcome = (authorized: number, declined: number, open = 0): BillingOutcome => ({
  ...{ billed: authorized + declined + open, authorized, declined, open },
});

test.each([
  ['nothing was billed', null, outcome(0, 0), 'waiting'],
  ['all was authorized', '2026-12', outcome(9, 1), 'good'],
  ['a tenth and one more was declined', '2026-12', outcome(9, 2), 'bad'],
  ['some is open', '2026-12', outcome(8, 1, 1), 'waiting'],
  ['so much was declined that the rest cannot mend it', '2026-12', outcome(1, 2, 7), 'bad'],
  ['too few were billed to tell', '2026-12', outcome(4, 0), 'waiting'],
])('a canary of which %s', (_name, month, migrated, kind) => {
  const verdict = judgeCanary({ month, migrated, others: outcome(97, 3) }, settings);
  expect(verdict.kind).toBe(kind);
  expect(verdict.ja.includes('ほかの顧客は 100 件中、NG 3 件')).toBe(month !== null);
});

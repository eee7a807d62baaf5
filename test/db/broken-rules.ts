import { type Db, readBrokenRule } from '../../db/database.ts';
import { insertAttempt, insertEnding, insertEndingResult, insertOutcome } from './money-facts.ts';
import { type Charge, insertCharge, type MoneyRecord } from './money-record.ts';

/** The rule that refused an act; the error itself when it was no rule. */
export async function brokenRuleOf(act: Promise<unknown>): Promise<string> {
  try {
    await act;
  } catch (error) {
    return readBrokenRule(error) ?? String(error);
  }
  return 'none: the fact was accepted';
}

/** A charge with attempt 1 and its outcome. */
export async function attempted(
  db: Db,
  record: MoneyRecord,
  outcome: 'ok' | 'declined' | 'not_sent' | null,
): Promise<Charge> {
  const charge = await insertCharge(db, record);
  await insertAttempt(db, record, { charge, n: 1 });
  if (outcome !== null) await insertOutcome(db, record, { charge, n: 1, outcome });
  return charge;
}

/** A charge whose capture was refused. */
export async function captureRefused(db: Db, record: MoneyRecord): Promise<Charge> {
  const charge = await attempted(db, record, 'ok');
  await insertEnding(db, record, { charge, n: 1, k: 1, kind: 'capture' });
  await insertEndingResult(db, record, { charge, n: 1, k: 1, result: 'refused' });
  return charge;
}

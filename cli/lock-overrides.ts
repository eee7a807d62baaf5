import { randomUUID } from 'node:crypto';
import { reasonSchema, sha256Schema } from '../api/contract/route.ts';
import { wakeForFreeCard } from '../api/follow-card-locks.ts';
import { answerAskedOverride, askForOverride } from '../api/lock-overrides.ts';
import { Problem } from '../api/problem.ts';
import { LOCK_MISMATCHES, lockMismatchLabels, OVERRIDE_WARNING } from '../billing/card-lock.ts';
import type { Db } from '../db/database.ts';
import { type CardLock, listCardLocks } from '../db/queries/card-lock-evidence.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { createWorkflowStarter } from '../temporal/workflow-starter.ts';
import { type AtMerchant, atMerchant, withTemporal } from './at-merchant.ts';
import { readActor } from './record-access.ts';
import { describeLock } from './refresh-lists.ts';
import { storeInput } from './store-input.ts';
import { UnusableInputError } from './unusable-input.ts';

/** Four eyes over a card's lock; exit code 2 when it is refused. */
interface OfLock {
  readonly merchant: string;
  readonly lock: string;
  readonly reason: string;
  /** Without it the warning is shown, and nothing is done. */
  readonly confirmed?: boolean;
  readonly json?: boolean;
}

interface Desk extends AtMerchant {
  readonly act: {
    readonly number: number;
    readonly key: string;
    readonly actor: string;
    readonly reason: string;
    readonly now: string;
  };
}

/** `tsukigime refresh override request`: asks, with a file that proves the mis-match. */
export function runOverrideRequest(
  command: OfLock & { readonly mismatch: string; readonly evidence: string },
): Promise<number> {
  return atLock(command, async (desk) => {
    const { db, merchant, act } = desk;
    const mismatch = LOCK_MISMATCHES.find((one) => one === command.mismatch) ?? 'wrong_row';
    const evidenceSha256 = await findEvidence(desk, command.evidence);
    await askForOverride(db, merchant, { ...act, mismatch, evidenceSha256 });
    return '解除を申請しました。申請した人とは別の承認者が回答するまで、カードは停止されたままです。';
  });
}

/** `tsukigime refresh override answer`: somebody else than who asked says yes or no to what was read. */
export function runOverrideAnswer(
  command: OfLock & { readonly answer: string; readonly request?: string },
): Promise<number> {
  return atLock(command, async (desk) => {
    const { db, merchant, act } = desk;
    const override = Number(command.request ?? 0);
    if (!Number.isSafeInteger(override) || override < 1) {
      throw new UnusableInputError(
        '--request <n> is missing: the number of the request that you read',
        '読んだ申請の番号を --request に指定してください(--confirmed なしで表示されます)。何も変更していません',
      );
    }
    const answer = command.answer === 'approved' ? 'approved' : 'rejected';
    await answerAskedOverride(db, merchant, { ...act, override, answer });
    if (answer === 'rejected') return '申請を却下しました。カードは停止されたままです。';
    await withTemporal(desk, (client) =>
      wakeForFreeCard({ db, workflows: createWorkflowStarter(client) }, merchant),
    );
    return 'カードの利用停止を解除しました。次の請求からこのカードが請求されます。';
  });
}

async function atLock(command: OfLock, work: (desk: Desk) => Promise<string>): Promise<number> {
  return await atMerchant(command, async (at) => {
    const { db, merchant, now } = at;
    const number = Number(command.lock);
    const lock = await findLock(db, merchant, number);
    const reason = reasonSchema.safeParse(command.reason);
    if (!reason.success) {
      throw new UnusableInputError(
        `--reason ${reason.error.issues[0]?.message ?? 'cannot be used'}`,
        '理由を確かめてください。何も変更していません',
      );
    }
    if (command.confirmed !== true) {
      show(lock, command, '何も変更していません。実行するには --confirmed を付けてください。');
      return 0;
    }
    const act = { number, key: randomUUID(), actor: readActor(), reason: reason.data, now };
    const said = await work({ ...at, act }).catch((error: unknown) => {
      throw error instanceof Problem ? new UnusableInputError(error.slug, error.detail) : error;
    });
    show(await findLock(db, merchant, number), command, said);
    return 0;
  });
}

async function findLock(db: Db, merchant: Merchant, number: number): Promise<CardLock> {
  const [lock] = Number.isSafeInteger(number)
    ? await listCardLocks(db, merchant.id, {
        ...{ state: 'all', verdict: null, customerNumber: null, number, after: 0, limit: 1 },
      })
    : [];
  if (lock !== undefined) return lock;
  throw new UnusableInputError(
    `no lock ${number}; see: tsukigime refresh locks --state all`,
    'この番号のカード利用停止はありません。何も変更していません',
  );
}

/** Whoever asks or answers has read the warning (manual 004). */
function show(lock: CardLock, { json }: OfLock, said: string): void {
  if (json) {
    console.log(JSON.stringify({ lock, warning: OVERRIDE_WARNING, said }));
    return;
  }
  console.log(describeLock(lock));
  const { override } = lock;
  if (override !== null) {
    const { n, mismatch, requestedBy, evidenceSha256, reason, answer, answeredBy } = override;
    const answered = answer === null ? '承認待ち' : `${answer} (${answeredBy ?? ''})`;
    console.log(
      `申請 ${n}: ${lockMismatchLabels[mismatch]}、${requestedBy}、理由「${reason}」、証拠 ${evidenceSha256}、${answered}`,
    );
  }
  console.log(`【警告】${OVERRIDE_WARNING}`);
  console.log(said);
}

/** A file that is stored now, or the hash of one that is. */
async function findEvidence(
  { db, merchant, stack }: AtMerchant,
  evidence: string,
): Promise<string> {
  if (sha256Schema.safeParse(evidence).success) return evidence;
  const stored = await storeInput(db, merchant, stack, { kind: 'refresh-result', file: evidence });
  return stored.sha256;
}

import type { LockMismatch } from '../billing/card-lock.ts';
import type { Db, Trx } from '../db/database.ts';
import {
  answerOverride,
  type OverrideRefusal,
  requestOverride,
} from '../db/queries/card-lock-overrides.ts';
import { IdempotencyConflict, recordDecision } from '../db/queries/decisions.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { Problem } from './problem.ts';

/** What people decide of a card's lock, by the API and by the command line alike. */

interface OverrideAct {
  /** By which people name the lock. */
  readonly number: number;
  /** Idempotency key. */
  readonly key: string;
  readonly actor: string;
  readonly reason: string;
  readonly now: string;
}

/** Asks for an override, with a stored proof. @throws Problem when it cannot be asked for */
export async function askForOverride(
  db: Db,
  merchant: Merchant,
  of: OverrideAct & { readonly mismatch: LockMismatch; readonly evidenceSha256: string },
): Promise<void> {
  const { mismatch, evidenceSha256 } = of;
  const decision = { act: 'request-lock-override', body: { mismatch, evidenceSha256 } };
  await decideOnLock(db, merchant, { ...of, ...decision }, async (trx) => {
    const done = await requestOverride(trx, merchant.id, of);
    return typeof done === 'string' ? done : null;
  });
}

/**
 * Answers the request `override`, as it was read; after a yes the caller has the open months look (follow-card-locks.ts).
 * @throws Problem when there is nothing to answer, or for the person who asked
 */
export async function answerAskedOverride(
  db: Db,
  merchant: Merchant,
  of: OverrideAct & { readonly override: number; readonly answer: 'approved' | 'rejected' },
): Promise<void> {
  const { override, answer } = of;
  const decision = { act: 'answer-lock-override', body: { override, answer } };
  await decideOnLock(db, merchant, { ...of, ...decision }, (trx) =>
    answerOverride(trx, merchant.id, of),
  );
}

/** Writes a decision about a lock and carries it out, in one transaction; again = the same answer. */
async function decideOnLock(
  db: Db,
  merchant: Merchant,
  of: OverrideAct & { readonly act: string; readonly body: object },
  carryOut: (trx: Trx) => Promise<OverrideRefusal | null>,
): Promise<void> {
  const { act, key, actor, reason, now, number, body } = of;
  try {
    await db.transaction().execute(async (trx) => {
      const workflowId = `card-lock:${merchant.slug}:${number}`;
      const decision = { act, key, workflowId, body, actor, reason, now };
      const { fresh } = await recordDecision(trx, merchant.id, decision);
      const refused = fresh ? await carryOut(trx) : null;
      if (refused !== null) throw refusalOf(refused);
    });
  } catch (error) {
    if (!(error instanceof IdempotencyConflict)) throw error;
    throw new Problem('conflict', {
      detail:
        'この操作キーは別の操作で使用済みです。何も変更していません。新しいキーで送信してください。',
      errors: [{ path: 'header.Idempotency-Key', message: 'IdempotencyConflict' }],
    });
  }
}

const conflicts: Readonly<Record<Exclude<OverrideRefusal, 'unknown_lock'>, string>> = {
  not_locked: 'このカードの利用停止はすでに解除されています。何も変更していません。',
  unknown_file:
    '証拠のファイルが見つかりません。何も変更していません。先にファイルを預けてから、その sha256 を指定してください。',
  own_result:
    'この結果ファイルはカードを停止した判定そのもので、照合ミスの証拠になりません。何も変更していません。訂正された結果ファイルや GMO からの回答など、別のファイルを指定してください。',
  asked_already:
    'この利用停止の解除はすでに申請されています。何も変更していません。承認者の回答を待ってください。',
  other_request:
    'この申請のあとに、別の申請が出されています。何も変更していません。画面を読み直し、新しい申請の理由と証拠を確かめてから回答してください。',
  not_asked: '回答を待っている解除の申請はありません。何も変更していません。',
  same_person:
    '解除を申請した本人は承認できません（2名確認）。何も変更していません。別の承認者に依頼してください。',
};

function refusalOf(why: OverrideRefusal): Problem {
  if (why === 'unknown_lock') return new Problem('card-lock-not-found');
  if (why === 'unknown_file') return new Problem('file-not-found', { detail: conflicts[why] });
  return new Problem('conflict', {
    detail: conflicts[why],
    errors: [{ path: 'lock', message: why }],
  });
}

import type { FormatError } from '../billing/exchange.ts';
import {
  nextInquiryAt,
  nextLookAt,
  nextSendAt,
  TOLD_AFTER_SENDS,
} from '../billing/exchange-transport.ts';
import { lockMerchant, type Trx } from '../db/database.ts';
import { rejectAttempts } from '../db/queries/auth-file.ts';
import { refuseCaptures } from '../db/queries/capture-file.ts';
import {
  type Exchange,
  findByAcceptanceNumber,
  insertFormatErrors,
  insertSendAnswer,
  moveExchange,
  requireExchange,
} from '../db/queries/exchanges.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { findLatestSend } from '../db/queries/sends.ts';
import { findSettings } from '../db/queries/settings.ts';
import type { ReadExchange } from './acts.ts';
import { type FileNotice, postOfFile } from './carriage.ts';
import type { ActivityDependencies } from './dependencies.ts';
import type { SendAnswer } from './transport.ts';

/** What people are told of a sending. */
type Told = Omit<FileNotice, 'now'>;

/**
 * Writes down what became of a sending. The first answer stays; one that comes after it and says
 * otherwise is told to people, for it may mean that everybody in the file was billed twice.
 */
export async function recordSendAnswer(
  deps: Pick<ActivityDependencies, 'db' | 'workflows'>,
  merchant: Merchant,
  sent: { readonly of: ReadExchange; readonly sendNumber: number; readonly answer: SendAnswer },
): Promise<void> {
  const { of, sendNumber, answer } = sent;
  const told = await deps.db.transaction().execute(async (trx) => {
    await lockMerchant(trx, merchant.id);
    const exchange = await requireExchange(trx, merchant.id, of.exchange);
    const latest = await findLatestSend(trx, merchant.id, exchange.id);
    const isFirst = latest?.sendNumber === sendNumber && latest.answer === null;
    const contradicts = answer.kind === 'accepted' && latest?.answer !== 'accepted';
    const told = isFirst
      ? await settleSend(trx, merchant.id, { exchange, sendNumber, answer, now: of.now })
      : contradicts
        ? tellLateAcceptance(sendNumber)
        : null;
    if (told !== null) await postOfFile(trx, merchant.id, of.exchange, { ...told, now: of.now });
    return told;
  });
  if (told !== null) await deps.workflows.wakeMail(merchant);
}

function tellLateAcceptance(sendNumber: number): Told {
  return {
    occasion: `late-answer-${sendNumber}`,
    sentence: `${sendNumber} 回目の送信は「受付済み」でしたが、記録では受け付けられていません。二重請求の可能性があるため、ペイジェントで受付の一覧を確認してください。`,
  };
}

/**
 * The answer to the latest sending, and where the file stands by it. The caller holds the merchant's
 * lock and has seen that the sending has no answer.
 */
export async function settleSend(
  trx: Trx,
  merchantId: number,
  of: {
    readonly exchange: Exchange;
    readonly sendNumber: number;
    readonly answer: SendAnswer;
    readonly now: string;
  },
): Promise<Told | null> {
  const { exchange, sendNumber, answer, now } = of;
  switch (answer.kind) {
    case 'accepted': {
      const { acceptanceNumber } = answer;
      if (acceptanceNumber !== null) {
        const taken = await findByAcceptanceNumber(trx, merchantId, acceptanceNumber);
        if (taken !== undefined) {
          const why = `受付番号 ${acceptanceNumber} は ${taken.billingMonth} の ${taken.kind}-${taken.number} で記録済みです。`;
          return await noteUnclear(trx, merchantId, { ...of, why });
        }
      }
      await accept(trx, merchantId, { exchange, acceptanceNumber, now });
      return null;
    }
    case 'rejected':
      await reject(trx, merchantId, { exchange, errors: answer.errors, now });
      return { occasion: `rejected-${sendNumber}`, sentence: null };
    case 'not_sent': {
      await answerSend(trx, merchantId, { exchange, answer: 'not_sent', now });
      const tired = sendNumber >= TOLD_AFTER_SENDS;
      await moveExchange(trx, merchantId, {
        exchangeId: exchange.id,
        from: exchange.stage,
        to: 'handing_over',
        attention: tired,
        set: { due_at: nextSendAt(sendNumber, now), note: answer.why },
      });
      return tired ? { occasion: 'not-sent', sentence: null } : null;
    }
    case 'unclear':
      return await noteUnclear(trx, merchantId, { ...of, why: answer.why });
  }
}

async function noteUnclear(
  trx: Trx,
  merchantId: number,
  of: { exchange: Exchange; sendNumber: number; why: string; now: string },
): Promise<Told | null> {
  const { exchange, sendNumber, why, now } = of;
  const again = exchange.stage === 'unknown';
  const unclearAt = again ? (exchange.unclearAt ?? now) : now;
  await moveExchange(trx, merchantId, {
    exchangeId: exchange.id,
    from: exchange.stage,
    to: 'unknown',
    attention: true,
    set: { unclear_at: unclearAt, due_at: nextInquiryAt(unclearAt, now), note: why },
  });
  return again ? null : { occasion: `unclear-${sendNumber}`, sentence: null };
}

async function accept(
  trx: Trx,
  merchantId: number,
  of: { exchange: Exchange; acceptanceNumber: string | null; now: string },
): Promise<void> {
  const { exchange, acceptanceNumber, now } = of;
  await answerSend(trx, merchantId, { exchange, answer: 'accepted', acceptanceNumber, now });
  const pollMinutes =
    (await findSettings(trx, merchantId))?.settings.paygent.resultPollMinutes ?? 60;
  // What was unclear was taken before it became so: the capture window opened then.
  const acceptedAt = exchange.stage === 'unknown' ? (exchange.unclearAt ?? now) : now;
  const look = { acceptedAt: now, now, pollMinutes, settling: false, answered: false };
  await moveExchange(trx, merchantId, {
    exchangeId: exchange.id,
    from: exchange.stage,
    to: 'awaiting_result',
    attention: false,
    set: {
      ...(acceptanceNumber === null ? {} : { acceptance_number: acceptanceNumber }),
      accepted_at: acceptedAt,
      due_at: nextLookAt(look),
      note: null,
    },
  });
}

async function reject(
  trx: Trx,
  merchantId: number,
  of: { exchange: Exchange; errors: readonly FormatError[]; now: string },
): Promise<void> {
  const { exchange, errors, now } = of;
  const exchangeId = exchange.id;
  const sendNumber = await answerSend(trx, merchantId, { exchange, answer: 'rejected', now });
  await insertFormatErrors(trx, merchantId, { exchangeId, sendNumber }, errors);
  const billNobody = exchange.kind === 'capture' ? refuseCaptures : rejectAttempts;
  await billNobody(trx, merchantId, { exchangeId, decisionId: null, now });
  await moveExchange(trx, merchantId, {
    exchangeId,
    from: exchange.stage,
    to: 'rejected',
    attention: false,
    set: { finished_at: now, due_at: null, note: null },
  });
}

async function answerSend(
  trx: Trx,
  merchantId: number,
  of: {
    exchange: Exchange;
    answer: 'accepted' | 'rejected' | 'not_sent';
    acceptanceNumber?: string | null;
    now: string;
  },
): Promise<number> {
  const { exchange, answer, acceptanceNumber = null, now } = of;
  const exchangeId = exchange.id;
  const given = { exchangeId, answer, acceptanceNumber, decisionId: null, now };
  return await insertSendAnswer(trx, merchantId, given);
}

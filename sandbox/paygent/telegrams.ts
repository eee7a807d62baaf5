import { paygentTelegramSchema } from '../../billing/paygent-telegram.ts';
import type { ReceivedTelegram } from '../../psp/paygent/telegram.ts';
import { telegramKinds } from '../../psp/paygent/telegram.ts';
import { encodeFileRequestAnswer, type ToldAnswer } from '../../psp/paygent/telegram-answer.ts';
import { encodeResultHead } from '../../psp/paygent/telegram-result.ts';
import { telegramResults } from '../../psp/paygent/telegram-verdict.ts';
import { readClock } from './clock.ts';
import type { Desk } from './desk.ts';
import { processDueUploads } from './processing.ts';
import { merchantOf, type TransactionKind, type Upload } from './state.ts';
import { checkUpload } from './transaction-files.ts';
import { acceptFile, spendCut } from './uploads.ts';

/** What a telegram is answered, and how far the answer comes. */
export interface TelegramAnswer {
  readonly body: Buffer;
  /** `never`: the connection stays open, and silent. */
  readonly cut?: 'before' | 'inside' | 'never' | undefined;
}

/** Names and codes where settings leave them as they are. */
const { referenceName, acceptanceName, codes } = paygentTelegramSchema.parse({
  url: 'https://localhost/',
  connectId: 'sandbox',
});
const codeOfKind: Readonly<Record<TransactionKind, string>> = { オーソリ: '020', 売上: '021' };

/** Carries out a telegram of a merchant that has shown who it is. */
export async function answerTelegram(
  desk: Desk,
  merchantId: string,
  telegram: ReceivedTelegram,
): Promise<TelegramAnswer> {
  return await desk.inTurn(async () => {
    const at = readClock(desk);
    await processDueUploads(desk, at);
    if (telegram.kind === telegramKinds.fileRequest) {
      const told = await takeFile(desk, merchantId, telegram);
      await processDueUploads(desk, at);
      return told;
    }
    if (telegram.kind === telegramKinds.resultInquiry) {
      return tellResult(desk, merchantId, telegram);
    }
    return writeRefusal(telegram.kind, 'SANDBOX-KIND', '電文種別IDが正しくありません');
  });
}

/** An answer in the shape of the telegram's kind that says nothing but a code. */
export function writeRefusal(kind: string, code: string, detail: string): TelegramAnswer {
  if (kind !== telegramKinds.resultInquiry) return tell({ kind: 'failed', code, detail });
  const blank = { fileKind: '', merchantId: '', acceptanceNumber: '', records: null };
  return { body: encodeResultHead({ ...blank, result: telegramResults.failed, code, detail }) };
}

const tell = (told: ToldAnswer): TelegramAnswer => ({
  body: encodeFileRequestAnswer(told, { acceptanceName }),
});

/**
 * Telegram 200. The same number twice is two files: that nobody sends twice is the other side's
 * business, and shows here when it does.
 */
async function takeFile(
  desk: Desk,
  merchantId: string,
  { values, file }: ReceivedTelegram,
): Promise<TelegramAnswer> {
  const reference = values.get(referenceName ?? '') ?? '';
  desk.commit({ type: 'telegram', merchantId, reference, at: readClock(desk) });
  const merchant = merchantOf(desk.state, merchantId);
  const bytes = Buffer.from(file ?? []);
  const transactionKind = bytes.subarray(0, 5).toString('latin1') === '1,021' ? '売上' : 'オーソリ';
  if (spendCut(desk, { merchantId, transactionKind })) return { body: bytes, cut: 'before' };
  const form = { paymentKind: 'クレジットカード決済', transactionKind, bytes } as const;
  const check = await checkUpload(merchant, form);
  if (!check.ok) {
    const [code = ''] = codes.rejected;
    const errors = check.errors.map(({ part, ...error }) => ({
      ...error,
      part: part === 'file' ? ('header' as const) : part,
    }));
    return tell({ kind: 'failed', code, detail: '書式エラー', errors });
  }
  const { acceptanceNumber, faults } = acceptFile(desk, merchant, { ...check, bytes, reference });
  const ordered = new Set(faults.map(({ kind }) => kind));
  if (ordered.has('answer_unknown')) {
    return tell({ kind: 'failed', code: 'SANDBOX-9999', detail: 'システムエラー' });
  }
  const { body } = tell({ kind: 'accepted', acceptanceNumber });
  if (ordered.has('cut_after_acceptance')) return { body, cut: 'before' };
  if (ordered.has('answer_cut')) return { body, cut: 'inside' };
  return { body, cut: ordered.has('answer_never') ? 'never' : undefined };
}

/** Telegram 201: by the sender's own number, or by 受付番号. */
function tellResult(
  desk: Desk,
  merchantId: string,
  { kind, values }: ReceivedTelegram,
): TelegramAnswer {
  const reference = values.get(referenceName ?? '');
  const number = values.get(acceptanceName ?? '');
  const upload = [...desk.state.uploads.values()].find(
    (candidate) =>
      candidate.merchantId === merchantId &&
      (number === undefined
        ? reference !== undefined && candidate.reference === reference
        : candidate.acceptanceNumber === number),
  );
  if (upload === undefined) {
    return writeRefusal(kind, codes.absent[0] ?? '', '該当するファイルがありません');
  }
  if (upload.processedAt === null) {
    return { body: head(upload, { result: telegramResults.failed, code: codes.processing[0] }) };
  }
  const result = desk.readResult(upload.acceptanceNumber);
  const records = result.subarray(result.indexOf('\n') + 1);
  const body = Buffer.concat([head(upload, { result: telegramResults.ok }), records]);
  return { body, cut: cutsResult(desk, upload) ? 'inside' : undefined };
}

/** Whether an ordered fault cuts this answer; it strikes once. */
function cutsResult(desk: Desk, { acceptanceNumber, faults, resultCut }: Upload): boolean {
  if (resultCut || !faults.some(({ kind }) => kind === 'result_cut')) return false;
  desk.commit({ type: 'result_cut', acceptanceNumber });
  return true;
}

function head(upload: Upload, said: { result: string; code?: string | undefined }): Buffer {
  const { merchantId, acceptanceNumber, records, transactionKind } = upload;
  const file = { fileKind: codeOfKind[transactionKind], merchantId, acceptanceNumber, records };
  return encodeResultHead({ ...file, result: said.result, code: said.code ?? '', detail: '' });
}

import { createHash } from 'node:crypto';
import type { ExchangeKind } from '../billing/exchange.ts';
import type { PaygentTelegram } from '../billing/paygent-telegram.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import {
  type ClientCertificate,
  dropBody,
  type OutsideResponse,
  readWhole,
  sendRequest,
} from '../outside/https.ts';
import { OutsideError } from '../outside/outside-error.ts';
import type { TransactionFileKind } from '../psp/paygent/layouts.ts';
import {
  encodeFileRequest,
  encodeResultInquiry,
  sendingReference,
  TelegramError,
  type TelegramSender,
  telegramContentType,
} from '../psp/paygent/telegram.ts';
import { decodeFileRequestAnswer } from '../psp/paygent/telegram-answer.ts';
import { judgeResultHead, type ResultVerdict } from '../psp/paygent/telegram-result.ts';
import { MAX_RESULT_BYTES } from './sftp-transport.ts';
import { callerOf, requireSecret } from './source-access.ts';
import { type ResultBody, readResultBody } from './telegram-body.ts';
import type { OutgoingFile, SendAnswer, Transport, TransportAccess } from './transport.ts';

/** 51 format errors in full sentences are a few kilobytes. */
const MAX_ANSWER_BYTES = 256 * 1024;

/** Who the merchant is to Paygent, and how its files are asked for. */
export interface TelegramMerchant {
  readonly merchant: Merchant;
  /** マーチャントID; null before the contract, and then nothing is sent. */
  readonly paygentId: string | null;
  readonly settings: PaygentTelegram;
}

/**
 * Files by telegram 200 and 201 (psp/paygent/telegram.ts): one HTTPS request each, with the merchant's
 * client certificate. Only what the settings know the meaning of is an answer; all else is unclear.
 */
export function createTelegramTransport(access: TransportAccess, of: TelegramMerchant): Transport {
  return {
    async send(file) {
      if (fileKinds[file.name.kind] === undefined) return { kind: 'not_sent', why: notOurs };
      try {
        const sender = await senderOf(access, of);
        const bytes = await readContent(file);
        const body = encodeFileRequest(sender, { reference: sendingReference(file), file: bytes });
        const response = await post(access, of, { body, file, maxBytes: MAX_ANSWER_BYTES });
        return await readAnswer(response, of.settings);
      } catch (error) {
        if (error instanceof TelegramError) return { kind: 'not_sent', why: error.ja };
        if (!(error instanceof OutsideError)) throw error;
        return { kind: error.mayHaveReached ? 'unclear' : 'not_sent', why: error.ja };
      }
    },

    async inquire(file) {
      try {
        const asked = await inquire(access, of, file);
        if (asked === null) return { kind: 'unclear', why: notAskable };
        const { verdict, body } = asked;
        await body.drop();
        if (verdict.kind !== 'found') return verdict;
        return { ...verdict, completed: verdict.completed && body.hasRecords };
      } catch (error) {
        return { kind: 'unclear', why: explain(error) };
      }
    },

    async fetchResult(file) {
      try {
        const asked = await inquire(access, of, file);
        if (asked === null) return { kind: 'failed', why: notAskable };
        const { verdict, body } = asked;
        if (verdict.kind === 'found' && verdict.completed && body.hasRecords) {
          const fileName = `${file.fileName.replace(/\.csv$/, '')}-result.csv`;
          return { kind: 'result', fileName, content: body.content };
        }
        await body.drop();
        if (verdict.kind === 'found') return { kind: 'waiting' };
        const why = verdict.kind === 'unclear' ? verdict.why : notKnown;
        return { kind: 'failed', why };
      } catch (error) {
        return { kind: 'failed', why: explain(error) };
      }
    },
  };
}

const notAskable =
  '電文 201 でこのファイルを特定する項目が設定されていないため、照会できません。ペイジェントの画面で確認してください。';
const notOurs = 'この種類のファイルは電文では送信できません。送信していません。';
const notKnown =
  'ペイジェントは「該当するファイルなし」と応答しました。受付済みのはずのため、ペイジェントに確認してください。';

/** What stands in the way of asking; an error of ours goes on. */
function explain(error: unknown): string {
  if (error instanceof OutsideError || error instanceof TelegramError) return error.ja;
  throw error;
}

/** @throws OutsideError when the merchant has no マーチャントID or secret yet */
async function senderOf(
  access: TransportAccess,
  { merchant, paygentId, settings }: TelegramMerchant,
): Promise<TelegramSender> {
  if (paygentId === null) {
    throw new OutsideError('refused', 'The merchant has no merchant ID of Paygent.', {
      ja: 'マーチャントID（設定 paygent.merchantId）が登録されていません。接続していません。',
    });
  }
  const connectPassword = await requireSecret(access, merchant, settings.passwordSecret);
  return { merchantId: paygentId, connectPassword, settings };
}

/** The stored bytes, if they are still those that were built. */
async function readContent(file: OutgoingFile): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of file.content()) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  if (createHash('sha256').update(bytes).digest('hex') === file.sha256) return bytes;
  throw new OutsideError('mismatch', 'The stored file is not the one that was built.', {
    ja: '保存されているファイルの内容が作成時と異なります。送信していません。管理者に連絡してください。',
  });
}

async function post(
  access: TransportAccess,
  { merchant, settings }: TelegramMerchant,
  asked: { readonly body: Buffer; readonly file: OutgoingFile; readonly maxBytes: number },
): Promise<OutsideResponse> {
  const { certificateAuthority, timeoutSeconds, url } = settings;
  const timeoutMs = timeoutSeconds * 1000;
  return await sendRequest({
    url,
    method: 'POST',
    headers: { 'Content-Type': telegramContentType },
    body: asked.body,
    caller: await callerOf(access, merchant),
    maxResponseBytes: asked.maxBytes,
    timeouts: { firstByteMs: timeoutMs, wholeMs: timeoutMs },
    clientCertificate: await readCertificate(access, merchant, settings),
    ...(certificateAuthority === null ? {} : { trustedAuthorities: [certificateAuthority] }),
    ...(asked.file.signal === undefined ? {} : { signal: asked.file.signal }),
    ...(access.resolve === undefined ? {} : { resolve: access.resolve }),
  });
}

async function readCertificate(
  access: TransportAccess,
  merchant: Merchant,
  { certificateSecret, passphraseSecret }: PaygentTelegram,
): Promise<ClientCertificate> {
  const text = await requireSecret(access, merchant, certificateSecret);
  const passphrase =
    passphraseSecret === null
      ? {}
      : { passphrase: await requireSecret(access, merchant, passphraseSecret) };
  // One text holds certificate and key: each is read past the other.
  if (text.includes('-----BEGIN ')) return { cert: text, key: text, ...passphrase };
  return { pfx: Buffer.from(text, 'base64'), ...passphrase };
}

async function readAnswer(
  response: OutsideResponse,
  settings: PaygentTelegram,
): Promise<SendAnswer> {
  if (response.status !== 200) {
    await dropBody(response);
    return { kind: 'unclear', why: explainStatus(response.status) };
  }
  const answer = decodeFileRequestAnswer(await readWhole(response), settings, isFramed(response));
  return answer.kind === 'not_taken' ? { ...answer, kind: 'not_sent' } : answer;
}

/** Whether the answer says where it ends: where it does not, a cut looks like an end. */
const isFramed = ({ headers }: OutsideResponse) =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;

const explainStatus = (status: number) =>
  `ペイジェントの応答がHTTPステータス ${status} でした。内容は読み取っていません。`;

/** Asks by telegram 201; null when nothing would say which file is meant. The body is the caller's. */
async function inquire(
  access: TransportAccess,
  of: TelegramMerchant,
  file: OutgoingFile,
): Promise<{ readonly verdict: ResultVerdict; readonly body: ResultBody } | null> {
  const kind = fileKinds[file.name.kind];
  const sender = await senderOf(access, of);
  const { acceptanceNumber } = file;
  const asked = { reference: sendingReference(file), acceptanceNumber };
  const telegram = kind === undefined ? null : encodeResultInquiry(sender, asked);
  if (kind === undefined || telegram === null) return null;
  const response = await post(access, of, { body: telegram, file, maxBytes: MAX_RESULT_BYTES });
  if (response.status !== 200) {
    await dropBody(response);
    throw new OutsideError('refused', `The inquiry was answered ${response.status}.`, {
      ja: explainStatus(response.status),
      mayHaveReached: true,
    });
  }
  const body = await readResultBody(response.body, isFramed(response));
  const { merchantId } = sender;
  const askedFile = { kind, merchantId, acceptanceNumber };
  return { verdict: judgeResultHead(body.head, askedFile, of.settings.codes), body };
}

/** Kinds of file that travel by telegram. */
const fileKinds: Partial<Record<ExchangeKind, TransactionFileKind>> = {
  auth: 'authorization',
  retry: 'authorization',
  capture: 'capture',
};

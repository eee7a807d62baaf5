import type { ExchangeKind, ExchangeName } from '../../billing/exchange.ts';
import { decodeForm, escapeFormBytes, splitForm } from '../../billing/form-parameters.ts';
import type { Certainty } from '../../billing/order-profile.ts';
import type { PaygentTelegram } from '../../billing/paygent-telegram.ts';

/** 電文種別 of the file service: the request of a file, and the inquiry about its result. */
export const telegramKinds = { fileRequest: '200', resultInquiry: '201' } as const;
export type TelegramKind = (typeof telegramKinds)[keyof typeof telegramKinds];

/** One parameter of a telegram, as data. */
export interface TelegramParameter {
  readonly name: string;
  readonly nameJa: string;
  readonly kinds: readonly TelegramKind[];
  readonly certainty: Certainty;
  /** Where it is known from. */
  readonly source: string;
}

const both = [telegramKinds.fileRequest, telegramKinds.resultInquiry];
const common = (name: string, nameJa: string): TelegramParameter => ({
  name,
  nameJa,
  kinds: both,
  certainty: 'seen',
  source: 'parameters of the connection module in public shops: every telegram has it',
});

/** The parameters whose names are fixed. The two that settings name stand in `billing/paygent-telegram.ts`. */
export const telegramParameters: readonly TelegramParameter[] = [
  common('merchant_id', 'マーチャントID'),
  common('connect_id', '接続ID'),
  common('connect_password', '接続パスワード'),
  common('telegram_kind', '電文種別ID'),
  common('telegram_version', '電文バージョン番号'),
  {
    name: 'data',
    nameJa: '取引ファイルデータ',
    kinds: [telegramKinds.fileRequest],
    certainty: 'seen',
    source: 'connection module: the bytes of the file, unchanged',
  },
];

/** A telegram with everything of it has at most 10 MB [seen]. */
export const maxTelegramBytes = 10 * 1024 * 1024;

/** The Content-Type of a telegram [seen]. */
export const telegramContentType = 'application/x-www-form-urlencoded; charset=Windows-31J';

const kindLetters: Readonly<Record<ExchangeKind, string>> = {
  auth: 'a',
  capture: 'c',
  retry: 'r',
  link: 'l',
  refresh: 'f',
};

/**
 * Our own number of one sending, at most 25 characters as マーチャント取引ID has [seen]: month, kind and
 * number of the file, the how-manieth sending, and the start of the file's hash, so that a data
 * directory that began anew never names an earlier file. The same for every question about it.
 */
export function sendingReference(sending: {
  readonly name: ExchangeName;
  readonly sendNumber: number;
  readonly sha256: string;
}): string {
  const { billingMonth, kind, number } = sending.name;
  const month = billingMonth.slice(2).replace('-', '');
  const file = `${month}${kindLetters[kind]}${String(number).padStart(3, '0')}`;
  return `${file}-${sending.sendNumber}-${sending.sha256.slice(0, 10)}`;
}

/** Who sends, and how telegrams look where only settings know it. */
export interface TelegramSender {
  readonly merchantId: string;
  readonly connectPassword: string;
  readonly settings: Pick<
    PaygentTelegram,
    'connectId' | 'version' | 'referenceName' | 'acceptanceName'
  >;
}

/** A telegram cannot be written, or a body is none. The sentences hold no value of a parameter. */
export class TelegramError extends Error {
  override readonly name = 'TelegramError';
  /** The same sentence for operators. */
  readonly ja: string;

  constructor(en: string, ja: string) {
    super(en);
    this.ja = ja;
  }
}

/**
 * Telegram 200: hands a transaction file over.
 *
 * @param reference our number of this sending, unique per merchant
 * @throws TelegramError when it is too long for Paygent
 */
export function encodeFileRequest(
  sender: TelegramSender,
  { reference, file }: { readonly reference: string; readonly file: Uint8Array },
): Buffer {
  const values = [...commonValues(sender, telegramKinds.fileRequest)];
  const { referenceName } = sender.settings;
  if (referenceName !== null) values.push([referenceName, reference]);
  const bytes = values.reduce((sum, [name, value]) => sum + name.length + value.length + 2, 0);
  if (bytes + 'data='.length + file.byteLength > maxTelegramBytes) {
    throw new TelegramError(
      `The telegram has more than ${maxTelegramBytes} bytes.`,
      '電文の上限（10 MB）を超えるため、送信していません。設定の「1ファイルの最大件数」を小さくして、ファイルを作り直してください。',
    );
  }
  return Buffer.concat([encodePairs(values), Buffer.from('&data='), escapeFormBytes(file)]);
}

/**
 * Telegram 201: asks what became of a file, and for its result; null when there is nothing by which
 * Paygent could be asked for it. Names 受付番号 once it is known, and our own number besides.
 */
export function encodeResultInquiry(
  sender: TelegramSender,
  asked: { readonly reference: string; readonly acceptanceNumber: string | null },
): Buffer | null {
  const values = [...commonValues(sender, telegramKinds.resultInquiry)];
  const { referenceName, acceptanceName } = sender.settings;
  const named: [string, string][] = [];
  if (referenceName !== null) named.push([referenceName, asked.reference]);
  if (acceptanceName !== null && asked.acceptanceNumber !== null) {
    named.push([acceptanceName, asked.acceptanceNumber]);
  }
  return named.length === 0 ? null : encodePairs([...values, ...named]);
}

function* commonValues(
  { merchantId, connectPassword, settings }: TelegramSender,
  kind: TelegramKind,
): Generator<[string, string]> {
  yield ['merchant_id', merchantId];
  yield ['connect_id', settings.connectId];
  yield ['connect_password', connectPassword];
  yield ['telegram_kind', kind];
  yield ['telegram_version', settings.version];
}

/** All of them are ASCII: the encoding matters for the file alone, whose bytes go as they are. */
function encodePairs(values: readonly (readonly [string, string])[]): Buffer {
  for (const [name, value] of values) {
    if (/^[\x20-\x7e]*$/.test(value)) continue;
    throw new TelegramError(
      `The value of ${name} holds characters that are not ASCII.`,
      `電文の項目 ${name} に半角英数字・記号以外の文字が含まれているため、送信していません。設定または秘密情報を確かめてください。`,
    );
  }
  const written = ([name, value]: readonly [string, string]) =>
    `${name}=${escapeFormBytes(Buffer.from(value)).toString('latin1')}`;
  return Buffer.from(values.map(written).join('&'));
}

/** A telegram as it arrived; the values are the sender's word. */
export interface ReceivedTelegram {
  readonly kind: string;
  readonly values: ReadonlyMap<string, string>;
  /** Null when the telegram carries none. */
  readonly file: Uint8Array | null;
}

/**
 * Reads a telegram, as Paygent does.
 * @throws TelegramError: the first parameter that cannot be read, by its place from 1
 */
export function decodeTelegram(body: Uint8Array): ReceivedTelegram {
  const values = new Map<string, string>();
  let file: Uint8Array | null = null;
  for (const [index, piece] of splitForm(body).entries()) {
    const name = decodeForm([{ ...piece, value: new Uint8Array(0) }], 'cp932')?.parameters[0]?.[0];
    if (name === undefined || !/^[A-Za-z][A-Za-z0-9_]{0,29}$/.test(name)) throw unreadable(index);
    if (values.has(name) || (name === 'data' && file !== null)) throw repeated(index, name);
    if (name === 'data') {
      file = piece.value;
      continue;
    }
    const value = decodeForm([piece], 'cp932')?.parameters[0]?.[1];
    if (value === undefined) throw unreadable(index);
    values.set(name, value);
  }
  const kind = values.get('telegram_kind');
  if (kind !== undefined) return { kind, values, file };
  throw new TelegramError(
    'The telegram names no telegram_kind.',
    '電文種別ID（telegram_kind）がありません。',
  );
}

function unreadable(index: number): TelegramError {
  return new TelegramError(
    `Parameter ${index + 1} of the telegram cannot be read.`,
    `電文の ${index + 1} 番目の項目を読み取れません。`,
  );
}

function repeated(index: number, name: string): TelegramError {
  return new TelegramError(
    `Parameter ${index + 1} of the telegram, ${name}, is there twice.`,
    `電文の ${index + 1} 番目の項目 ${name} が重複しています。`,
  );
}

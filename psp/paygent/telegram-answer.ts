import iconv from 'iconv-lite';
import { type FormatError, SHOWN_FORMAT_ERRORS } from '../../billing/exchange.ts';
import type { PaygentTelegram } from '../../billing/paygent-telegram.ts';
import { createStrictDecoder } from '../../billing/text-encoding.ts';
import { readResultHead } from './telegram-result.ts';
import {
  describeVerdict,
  readAcceptanceNumber,
  showDetail,
  type TelegramVerdict,
  telegramResults,
} from './telegram-verdict.ts';

/** What telegram 200 was answered. `why` is a sentence for operators. */
export type FileRequestAnswer =
  | { readonly kind: 'accepted'; readonly acceptanceNumber: string | null }
  | { readonly kind: 'rejected'; readonly errors: readonly FormatError[] }
  /** Paygent has taken nothing, whatever the file holds. */
  | { readonly kind: 'not_taken'; readonly why: string }
  | { readonly kind: 'unclear'; readonly why: string };

export type AnswerSettings = Pick<PaygentTelegram, 'acceptanceName' | 'codes'>;

/** Lines of an answer that carry 処理結果, レスポンスコード and レスポンス詳細 [seen]. */
const names = { result: 'result', code: 'response_code', detail: 'response_detail' } as const;
/** One error of the format check: `format_error_1=data,3,請求金額,…` [assumed]. */
const formatErrorName = /^format_error_\d{1,2}$/;
/**
 * Reads the answer to telegram 200: `name=value` in Windows-31J, one a line [seen]. An answer in the
 * shape of a header record, as telegram 201 has it, is read as well. Whatever is not a known 処理結果,
 * with a known code where it failed, is unclear.
 *
 * @param whole false when nothing says where the answer ends: then its last line must be ended
 */
export function decodeFileRequestAnswer(
  body: Uint8Array,
  settings: AnswerSettings,
  whole = true,
): FileRequestAnswer {
  const text = createStrictDecoder('cp932')(body);
  if (text === null) return unclear(`${brokenLine(body)} 行目を文字として読み取れません`);
  if (!whole && !text.endsWith('\n')) return unclear('応答が途中で切れている可能性があります');
  if (/^1,/.test(text)) return judge(recordOf(body), settings);
  const lines = linesOf(text);
  const repeated = lines.find(([name], at) => lines.findIndex(([other]) => other === name) < at);
  if (repeated !== undefined) return unclear(`項目 ${repeated[0]} が重複しています`);
  const values = new Map(lines);
  const result = values.get(names.result);
  if (result === undefined) return unclear('処理結果（result）がありません');
  return judge(
    {
      result,
      code: values.get(names.code) ?? '',
      detail: values.get(names.detail) ?? '',
      acceptanceNumber: values.get(settings.acceptanceName ?? '') ?? '',
      errors: lines.filter(([name]) => formatErrorName.test(name)).map(([, value]) => value),
    },
    settings,
  );
}

interface Said extends TelegramVerdict {
  readonly acceptanceNumber: string;
  readonly errors: readonly string[];
}

function judge(said: Said | null, { codes }: AnswerSettings): FileRequestAnswer {
  if (said === null) return unclear('ヘッダレコードを読み取れません');
  const { result, code, detail } = said;
  if (result === telegramResults.ok) {
    const { acceptanceNumber } = said;
    return { kind: 'accepted', acceptanceNumber: readAcceptanceNumber(acceptanceNumber) };
  }
  if (result === telegramResults.failed && codes.rejected.includes(code)) {
    const content = showDetail(detail);
    const whole: FormatError = { part: 'header', line: null, item: code, content };
    const errors = said.errors.slice(0, SHOWN_FORMAT_ERRORS).map(readFormatError);
    return { kind: 'rejected', errors: errors.length === 0 ? [whole] : errors };
  }
  const verdict = describeVerdict({ result, code, detail });
  if (result === telegramResults.failed && codes.notTaken.includes(code)) {
    return { kind: 'not_taken', why: `ペイジェントは受け付けませんでした（${verdict}）。` };
  }
  return unclear(`意味の分からない応答です（${verdict}）`);
}

function unclear(reason: string): FileRequestAnswer {
  return { kind: 'unclear', why: `ペイジェントの応答: ${reason}。` };
}

/** Lines without a `=` say nothing. */
function linesOf(text: string): [name: string, value: string][] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.includes('='))
    .map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    });
}

function brokenLine(body: Uint8Array): number {
  const decode = createStrictDecoder('cp932');
  const lines = Buffer.from(body).toString('latin1').split('\n');
  return lines.findIndex((line) => decode(Buffer.from(line, 'latin1')) === null) + 1;
}

function recordOf(body: Uint8Array): Said | null {
  const bytes = Buffer.from(body);
  const end = bytes.indexOf('\n');
  const head = readResultHead(end < 0 ? bytes : bytes.subarray(0, end));
  if (head === null) return null;
  const { result, code, detail, acceptanceNumber } = head;
  return { result, code, detail, acceptanceNumber: acceptanceNumber ?? '', errors: [] };
}

/** A line that is no error of the check as we know it is shown as it is. */
function readFormatError(value: string): FormatError {
  const match = /^(file|header|data|trailer),(\d{0,9}),([^,]*),(.*)$/.exec(value);
  if (match === null) {
    return { part: 'data', line: null, item: '書式', content: showDetail(value) };
  }
  const [, part = '', line = '', item = '', content = ''] = match;
  return {
    // The check of the file as a whole has no part of its own on the record.
    part: part === 'data' || part === 'trailer' ? part : 'header',
    line: line === '' ? null : Number(line),
    item,
    content,
  };
}

/** What Paygent says to telegram 200, before it is written. */
export type ToldAnswer =
  | { readonly kind: 'accepted'; readonly acceptanceNumber: string }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly detail: string;
      readonly errors?: readonly FormatError[];
    };

/** Writes the answer to telegram 200 as the simulated Paygent gives it. */
export function encodeFileRequestAnswer(
  told: ToldAnswer,
  { acceptanceName }: Pick<AnswerSettings, 'acceptanceName'>,
): Buffer {
  const lines =
    told.kind === 'accepted'
      ? [
          [names.result, telegramResults.ok],
          [names.code, ''],
          [names.detail, ''],
          ...(acceptanceName === null ? [] : [[acceptanceName, told.acceptanceNumber]]),
        ]
      : [
          [names.result, telegramResults.failed],
          [names.code, told.code],
          [names.detail, told.detail],
          ...(told.errors ?? []).map(({ part, line, item, content }, index) => [
            `format_error_${index + 1}`,
            `${part},${line ?? ''},${item},${content}`,
          ]),
        ];
  return iconv.encode(lines.map((pair) => `${pair.join('=')}\r\n`).join(''), 'cp932');
}

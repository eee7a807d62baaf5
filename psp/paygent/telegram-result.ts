import iconv from 'iconv-lite';
import type { PaygentTelegram } from '../../billing/paygent-telegram.ts';
import { createStrictDecoder } from '../../billing/text-encoding.ts';
import { fieldIndex, type LayoutField, type RecordLayout } from '../record-layout.ts';
import { type TransactionFileKind, transactionKinds } from './layouts.ts';
import {
  describeVerdict,
  readAcceptanceNumber,
  type TelegramVerdict,
  telegramResults,
} from './telegram-verdict.ts';

const field = (
  id: string,
  nameJa: string,
  certainty: LayoutField['certainty'],
  source: string,
): LayoutField => ({
  id,
  nameJa,
  type: 'text',
  maxLength: 256,
  required: false,
  certainty,
  source,
});

const seen = 'connection module: where it reads the header of a file result';
const assumed = 'the module reads nothing there; what stands there is assumed';

/**
 * Header record of the answer to telegram 201. The answer is the result file itself: its header
 * carries the verdict behind what the header of a transaction file has, its records follow.
 */
export const resultHeadLayout: RecordLayout = {
  id: 'paygent-result-inquiry-header',
  nameJa: '結果照会 ヘッダレコード',
  fields: [
    {
      ...field('recordId', 'レコードID', 'seen', seen),
      type: 'constant',
      constant: '1',
      maxLength: 1,
    },
    field('fileKind', '取引種別', 'assumed', assumed),
    field('merchantId', 'マーチャントID', 'assumed', assumed),
    field('acceptanceNumber', '受付番号', 'assumed', assumed),
    field('recordCount', '件数', 'assumed', assumed),
    field('acceptedAt', '受付日時', 'assumed', assumed),
    field('result', '処理結果', 'seen', seen),
    field('responseCode', 'レスポンスコード', 'seen', seen),
    field('responseDetail', 'レスポンス詳細', 'seen', seen),
  ],
};

/** Longest header record that is looked for. */
export const maxResultHeadBytes = 4096;

/** What the header says; empty text where it says nothing. */
export interface ResultHead extends TelegramVerdict {
  readonly fileKind: string;
  readonly merchantId: string;
  readonly acceptanceNumber: string | null;
  /** Null where it is no number. */
  readonly records: number | null;
}

/** Reads the header record, without its line break; null when it is none. Unquoted [seen]. */
export function readResultHead(line: Uint8Array): ResultHead | null {
  const text = createStrictDecoder('cp932')(line)?.replace(/\r$/, '');
  const columns = text?.split(',') ?? [];
  const at = (id: string) => columns[fieldIndex(resultHeadLayout, id)]?.trim() ?? '';
  if (at('recordId') !== '1' || at('result') === '') return null;
  const count = at('recordCount');
  return {
    fileKind: at('fileKind'),
    merchantId: at('merchantId'),
    acceptanceNumber: readAcceptanceNumber(at('acceptanceNumber')),
    records: /^\d{1,8}$/.test(count) ? Number(count) : null,
    result: at('result'),
    code: at('responseCode'),
    detail: at('responseDetail'),
  };
}

/** What a header means for the file that was asked for. `why` is a sentence for operators. */
export type ResultVerdict =
  | {
      readonly kind: 'found';
      readonly acceptanceNumber: string | null;
      readonly records: number | null;
      /** Whether the records of the result follow. */
      readonly completed: boolean;
    }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unclear'; readonly why: string };

/** The file that was asked for: an answer about another one says nothing. */
export interface AskedFile {
  readonly kind: TransactionFileKind;
  readonly merchantId: string;
  readonly acceptanceNumber: string | null;
}

/** Judges the header of an answer to 201; `line` is null when it has none within its first bytes. */
export function judgeResultHead(
  line: Uint8Array | null,
  asked: AskedFile,
  codes: PaygentTelegram['codes'],
): ResultVerdict {
  const head = line === null ? null : readResultHead(line);
  if (head === null) return unclear('1 行目がヘッダレコードではありません');
  const { result, code, detail, acceptanceNumber, records } = head;
  const ok = result === telegramResults.ok;
  const failed = result === telegramResults.failed;
  if (failed && codes.absent.includes(code)) return { kind: 'absent' };
  if (!ok && !(failed && codes.processing.includes(code))) {
    return unclear(`意味の分からない応答です（${describeVerdict({ result, code, detail })}）`);
  }
  const other = findOtherFile(head, asked);
  if (other !== null) return unclear(`${other}。別のファイルについての応答です`);
  return { kind: 'found', acceptanceNumber, records, completed: ok };
}

function findOtherFile(head: ResultHead, asked: AskedFile): string | null {
  const { code } = transactionKinds[asked.kind];
  if (head.merchantId !== '' && head.merchantId !== asked.merchantId) {
    return 'マーチャントIDが異なります';
  }
  if (head.fileKind !== '' && head.fileKind !== code) return '取引種別が異なります';
  const { acceptanceNumber } = head;
  const differs = acceptanceNumber !== null && asked.acceptanceNumber !== null;
  return differs && acceptanceNumber !== asked.acceptanceNumber ? '受付番号が異なります' : null;
}

function unclear(reason: string): ResultVerdict {
  return { kind: 'unclear', why: `ペイジェントの応答: ${reason}。` };
}

/** Writes a header record with its line break, as the simulated Paygent does. */
export function encodeResultHead(
  head: Omit<ResultHead, 'acceptanceNumber' | 'records'> & {
    readonly acceptanceNumber: string;
    readonly records: number | null;
  },
): Buffer {
  const values: Readonly<Record<string, string>> = {
    recordId: '1',
    fileKind: head.fileKind,
    merchantId: head.merchantId,
    acceptanceNumber: head.acceptanceNumber,
    recordCount: head.records === null ? '' : String(head.records),
    result: head.result,
    responseCode: head.code,
    responseDetail: head.detail,
  };
  const columns = resultHeadLayout.fields.map(({ id }) => values[id] ?? '');
  const unfit = columns.find((column) => /[,"\r\n]/.test(column));
  if (unfit !== undefined) throw new Error('a column of a header record holds a separator');
  return iconv.encode(`${columns.join(',')}\r\n`, 'cp932');
}

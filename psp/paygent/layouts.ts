import { fieldIndex, type LayoutField, type RecordLayout } from '../record-layout.ts';

/**
 * Kinds of transaction file and their code in the header. This is the code space of files alone: the
 * online API's telegram kinds differ (021 is an authorization cancel there) and have no part in it.
 */
export type TransactionFileKind = 'authorization' | 'capture';

export const transactionKinds: Readonly<
  Record<TransactionFileKind, { readonly code: string; readonly nameJa: string }>
> = {
  authorization: { code: '020', nameJa: 'オーソリ' },
  capture: { code: '021', nameJa: '売上' },
};

/** The kind of file that a header code names; null for any other code. */
export function kindOfCode(code: string): TransactionFileKind | null {
  if (code === transactionKinds.authorization.code) return 'authorization';
  return code === transactionKinds.capture.code ? 'capture' : null;
}

/** Columns of a data record when nothing else is set: the manual's picture shows A to O. */
export const defaultDataWidth = 15;
/** The manual's picture fills columns up to N: a record cannot end before it. */
export const minDataWidth = 14;

const manual = 'manual 002, 2-4';

const constant = (id: string, nameJa: string, value: string): LayoutField => ({
  id,
  nameJa,
  type: 'constant',
  constant: value,
  maxLength: value.length,
  required: true,
  certainty: 'manual',
  source: manual,
});

const unused = (
  letter: string,
  source: string,
  certainty: LayoutField['certainty'],
): LayoutField => ({
  id: `unused${letter}`,
  nameJa: `空き (${letter})`,
  type: 'unused',
  maxLength: 0,
  required: false,
  certainty,
  source,
});

const emptyInPicture = (letter: string): LayoutField =>
  unused(letter, `${manual}: empty in the picture`, 'manual');

// Lengths are not in the manual: they are ours, wide enough for what carts write.
const identifier = (id: string, nameJa: string): LayoutField => ({
  id,
  nameJa,
  type: 'ascii',
  maxLength: 25,
  required: true,
  certainty: 'manual',
  source: `${manual}; the length 25 is assumed`,
});

export function headerLayout(kind: TransactionFileKind): RecordLayout {
  const { code, nameJa } = transactionKinds[kind];
  return {
    id: `paygent-${kind}-header`,
    nameJa: `${nameJa} ヘッダレコード`,
    fields: [
      constant('recordId', 'レコードID', '1'),
      constant('fileKind', '取引種別', code),
      {
        id: 'merchantId',
        nameJa: 'マーチャントID',
        type: 'ascii',
        maxLength: 20,
        required: true,
        certainty: 'manual',
        source: `${manual}; the length 20 is assumed`,
      },
    ],
  };
}

const dataFields: readonly LayoutField[] = [
  constant('recordId', 'レコードID', '3'),
  emptyInPicture('B'),
  identifier('orderNumber', '注文番号'),
  emptyInPicture('D'),
  {
    id: 'amountYen',
    nameJa: '請求金額',
    type: 'digits',
    maxLength: 7,
    required: true,
    minimum: 1,
    certainty: 'manual',
    source: `${manual}; 0 yen is an error by the FAQ; the length 7 is assumed`,
  },
  emptyInPicture('F'),
  emptyInPicture('G'),
  constant('paymentDivision', '支払区分', '10'),
  emptyInPicture('I'),
  emptyInPicture('J'),
  emptyInPicture('K'),
  identifier('previousOrderNumber', '直前回の注文番号'),
  emptyInPicture('M'),
  identifier('customerNumber', '顧客番号'),
];

/** Data record of `width` columns, at least 14; those behind N are empty. */
export function dataLayout(kind: TransactionFileKind, width = defaultDataWidth): RecordLayout {
  if (!Number.isInteger(width) || width < minDataWidth || width > 26) {
    throw new Error(`a data record has ${minDataWidth} to 26 columns, not ${width}`);
  }
  const fields = [...dataFields];
  while (fields.length < width) {
    const letter = String.fromCharCode(65 + fields.length);
    fields.push(
      unused(letter, 'the picture of manual 002 shows columns to O: a setting', 'assumed'),
    );
  }
  return {
    id: `paygent-${kind}-data`,
    nameJa: `${transactionKinds[kind].nameJa} データレコード`,
    // The manual shows the layout for authorizations; captures are assumed to look the same.
    fields: kind === 'authorization' ? fields : fields.map(asAssumed),
  };
}

export function trailerLayout(kind: TransactionFileKind): RecordLayout {
  const fields: LayoutField[] = [
    constant('recordId', 'レコードID', '4'),
    {
      id: 'recordCount',
      nameJa: '合計件数',
      type: 'digits',
      maxLength: 8,
      required: true,
      certainty: 'manual',
      source: `${manual}; the length 8 is assumed`,
    },
  ];
  return {
    id: `paygent-${kind}-trailer`,
    nameJa: `${transactionKinds[kind].nameJa} トレーラレコード`,
    fields: kind === 'authorization' ? fields : fields.map(asAssumed),
  };
}

const resultSource = 'manual 002, 3-5 says that result columns are appended; which, is assumed';

const appended = (
  id: string,
  nameJa: string,
  type: LayoutField['type'],
  maxLength: number,
): LayoutField => ({
  id,
  nameJa,
  type,
  maxLength,
  required: false,
  certainty: 'assumed',
  source: resultSource,
});

/** Columns that a result file appends to each data record. A setting: no public source names them. */
export const resultLayout: RecordLayout = {
  id: 'paygent-result',
  nameJa: '処理結果 (データレコードの末尾)',
  fields: [
    appended('resultCode', '処理結果', 'text', 8),
    appended('paymentId', '決済ID', 'ascii', 20),
    appended('responseCode', 'レスポンスコード', 'ascii', 20),
    {
      ...appended('responseDetail', 'レスポンス詳細', 'text', 256),
      source:
        'an issuer decline is written 1G + code, for example 1G83 [seen]; its place is assumed',
    },
    appended('processedAt', '処理日時', 'date_time', 14),
  ],
};

/** 処理結果 of a record that was processed; anything else is no result we know. */
export const resultCodes = { ok: '0', ng: '1' } as const;

/**
 * Positions, from 1, of the columns of a transaction or result file that hold the shop's or the PSP's
 * own numbers: the card-number guard leaves them out.
 */
export function ownNumberColumnNumbers(width = defaultDataWidth): readonly number[] {
  const data = dataLayout('authorization', width);
  const own = ['orderNumber', 'previousOrderNumber', 'customerNumber'];
  const positions = own.map((id) => fieldIndex(data, id) + 1);
  return [...positions, width + fieldIndex(resultLayout, 'paymentId') + 1];
}

function asAssumed(field: LayoutField): LayoutField {
  const source = `assumed to be as for authorizations (${field.source})`;
  return { ...field, certainty: 'assumed', source };
}

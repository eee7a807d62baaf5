import type { RefreshResultLayout } from '../../billing/card-refresh-settings.ts';
import { fieldIndex, type LayoutField, type RecordLayout } from '../record-layout.ts';

/** 自由項目 comes back with the result: a line of a request may be recognised by it. */
const freeTextBytes = 50;

const seenOnce = 'seen once in public code';

const memberId: LayoutField = {
  id: 'memberId',
  nameJa: '会員ID',
  type: 'ascii',
  maxLength: 60,
  required: true,
  certainty: 'seen',
  source: `${seenOnce}; the length 60 is assumed`,
};

const cardSequence: LayoutField = {
  id: 'cardSequence',
  nameJa: 'カード登録連番',
  type: 'ascii',
  maxLength: 100,
  required: true,
  certainty: 'seen',
  source: `${seenOnce}; the length is that of 連番物理 in card files`,
};

const freeText: LayoutField = {
  id: 'freeText',
  nameJa: '自由項目',
  type: 'text',
  maxLength: freeTextBytes,
  maxBytes: freeTextBytes,
  required: false,
  certainty: 'seen',
  source: `${seenOnce}; what we write there, month and line, is ours`,
};

/** A record of the request: every column in quotes, no header, CRLF, CP932. */
export const refreshRequestLayout: RecordLayout = {
  id: 'gmo-refresh-request',
  nameJa: '洗替依頼',
  fields: [memberId, cardSequence, freeText],
};

const assumedIn = (field: LayoutField): LayoutField => ({
  ...field,
  required: false,
  certainty: 'assumed',
  source: 'a setting: its place in the result is assumed',
});

const verdict: LayoutField = {
  id: 'verdict',
  nameJa: '洗替判定結果',
  type: 'digits',
  maxLength: 1,
  required: true,
  certainty: 'manual',
  source: `manual 004 names it and its values 0 to 3; its place was ${seenOnce}`,
};

const cardNumber: LayoutField = assumedIn({
  ...freeText,
  id: 'cardNumber',
  nameJa: '新カード番号 (マスク)',
  maxLength: 30,
});

const expiry: LayoutField = assumedIn({
  ...freeText,
  id: 'expiry',
  nameJa: '新有効期限',
  type: 'digits',
  maxLength: 4,
});

const unknown = (index: number): LayoutField => ({
  id: `unknown${index + 1}`,
  nameJa: `不明 (${index + 1})`,
  type: 'text',
  maxLength: 200,
  required: false,
  certainty: 'assumed',
  source: 'thirteen columns were seen, and no name for this one',
});

/** A record of the result with its columns where the merchant's settings say. */
export function refreshResultLayout(settings: RefreshResultLayout): RecordLayout {
  const named = new Map<number | null, LayoutField>([
    [settings.memberId, memberId],
    [settings.cardSequence, assumedIn(cardSequence)],
    [settings.freeText, assumedIn(freeText)],
    [settings.verdict, verdict],
    [settings.cardNumber, cardNumber],
    [settings.expiry, expiry],
  ]);
  const fields = Array.from(
    { length: settings.columns },
    (_, index) => named.get(index) ?? unknown(index),
  );
  return { id: 'gmo-refresh-result', nameJa: '洗替結果', fields };
}

/**
 * Positions, from 1, of the columns of a result that hold our own numbers: the card-number guard leaves
 * them out. A masked number passes by itself, a full one never.
 */
export function refreshOwnNumberColumns(settings: RefreshResultLayout): readonly number[] {
  const layout = refreshResultLayout(settings);
  const own = [
    memberId.id,
    ...(settings.cardSequence === null ? [] : [cardSequence.id]),
    ...(settings.freeText === null ? [] : [freeText.id]),
  ];
  return own.map((id) => fieldIndex(layout, id) + 1);
}

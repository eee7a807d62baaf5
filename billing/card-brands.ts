import { type CardBrand, cardBrands } from './card-service.ts';

/** How PSPs and carts write the brands besides our own words, as `keyOf` reduces them. */
const spellings: Readonly<Record<CardBrand, readonly string[]>> = {
  VISA: ['VISACARD', 'ビザ', 'ビザカード'],
  MASTER: ['MASTERCARD', 'マスター', 'マスターカード'],
  JCB: ['JCBCARD', 'ジェーシービー', 'ジェイシービー'],
  AMEX: [
    'AMERICANEXPRESS',
    'AMERICANEXPRESSCARD',
    'アメックス',
    'アメリカンエキスプレス',
    'アメリカンエクスプレス',
  ],
  DINERS: ['DINERSCLUB', 'DINERSCLUBCARD', 'ダイナース', 'ダイナースクラブ'],
};

const known = new Map<string, CardBrand>(
  cardBrands.flatMap((brand) =>
    [brand, ...spellings[brand]].map((text): [string, CardBrand] => [text, brand]),
  ),
);

/** Reads the spelling of a brand. */
export type BrandReader = (text: string) => CardBrand | null;

/**
 * A reader of brands in whatever spelling, width and case; null for what it does not know: a brand is
 * never guessed.
 *
 * @param ownSpellings the merchant's, besides those that everybody uses
 */
export function createBrandReader(ownSpellings: Readonly<Record<string, CardBrand>>): BrandReader {
  const own = new Map(Object.entries(ownSpellings).map(([text, brand]) => [keyOf(text), brand]));
  return (text) => own.get(keyOf(text)) ?? known.get(keyOf(text)) ?? null;
}

/** Without width, case, white space and the marks that stand between words; the long-vowel mark stays. */
function keyOf(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s.\-‐‑‒–−_・･/]+/g, '');
}

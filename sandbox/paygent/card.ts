import { createRandom, hashWords } from '../shop/random.ts';

/** 支払機関名 and カード番号 as 情報照会 shows them. */
export interface ShownCard {
  readonly institution: string;
  /** The manual's mask keeps six digits: `**** *01 1234`. */
  readonly maskedNumber: string;
}

/** Names in the manual's picture (4-4). */
export const institutions = ['ビザ/マスタ', 'JCB', 'ユーケー', '海外'] as const;

/** The invented card of a customer: the same in every month, and never a whole number. */
export function describeCard(seed: string, customerNumber: string): ShownCard {
  const random = createRandom(hashWords(seed, 'card', customerNumber));
  const digits = String(random.int(1_000_000)).padStart(6, '0');
  return {
    institution: random.pick(institutions),
    maskedNumber: `**** *${digits.slice(0, 2)} ${digits.slice(2)}`,
  };
}

import { createHash } from 'node:crypto';

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
  const digest = createHash('sha256').update(`${seed}\u0000card\u0000${customerNumber}`).digest();
  const digits = String(digest.readUInt32BE(0) % 1_000_000).padStart(6, '0');
  return {
    institution: institutions[digest.readUInt8(4) % institutions.length] ?? institutions[0],
    maskedNumber: `**** *${digits.slice(0, 2)} ${digits.slice(2)}`,
  };
}

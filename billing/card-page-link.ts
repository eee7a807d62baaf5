import { createHmac, timingSafeEqual } from 'node:crypto';
import { LINK_TOKEN_PLACE } from './contact-settings.ts';

/**
 * The token of a link to the shop's card page: `<version>.<id>.<expiry>.<signature>`. The ID says
 * nothing by itself; whom it means is told only to the shop, by our API. Signed for one merchant, so
 * that a token of another is a forged one.
 */

/** What a link stands for. */
export interface CardPageLink {
  /** UUID of the mail that carries it. */
  readonly id: string;
  /** ISO instant, exclusive; whole seconds. */
  readonly expiresAt: string;
}

const tokenPattern =
  /^v1\.([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.(\d{10})\.([A-Za-z0-9_-]{43})$/;

/** As long as a token ever is. */
export const LONGEST_TOKEN = 100;

function sign(merchant: string, signed: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(`card-page-link:${merchant}:${signed}`).digest();
}

/** @param secret of the merchant, by which the token is known again */
export function signCardPageLink(merchant: string, link: CardPageLink, secret: string): string {
  const signed = `v1.${link.id}.${Math.floor(Date.parse(link.expiresAt) / 1000)}`;
  return `${signed}.${sign(merchant, signed, secret).toString('base64url')}`;
}

export type ReadLink =
  | { readonly kind: 'good' | 'expired'; readonly link: CardPageLink }
  | { readonly kind: 'forged' };

/** Reads a token; how long that takes says nothing of how much of a signature was right. */
export function readCardPageLink(
  token: string,
  of: { readonly merchant: string; readonly secret: string; readonly now: string },
): ReadLink {
  const [, id, seconds, signature] = tokenPattern.exec(token) ?? [];
  if (id === undefined || seconds === undefined || signature === undefined) {
    return { kind: 'forged' };
  }
  const wanted = sign(of.merchant, `v1.${id}.${seconds}`, of.secret);
  const given = Buffer.from(signature, 'base64url');
  // The last character carries unused bits: another one of the same bytes is no token of ours.
  const same = given.length === wanted.length && timingSafeEqual(given, wanted);
  if (!same || given.toString('base64url') !== signature) return { kind: 'forged' };
  const expiresAt = new Date(Number(seconds) * 1000).toISOString();
  const kind = Date.parse(of.now) < Date.parse(expiresAt) ? 'good' : 'expired';
  return { kind, link: { id, expiresAt } };
}

/** The address that stands in the mail. */
export function cardPageAddress(cardPageUrl: string, token: string): string {
  return cardPageUrl.replace(LINK_TOKEN_PLACE, () => encodeURIComponent(token));
}

import { createHmac } from 'node:crypto';
import { encodeForm } from '../billing/form-parameters.ts';
import { createStrictDecoder } from '../billing/text-encoding.ts';
import type { ClaimedDelivery } from '../db/queries/deliveries.ts';
import type { DeliveryEndpoint } from '../db/queries/delivery-endpoints.ts';
import { findCardNumber } from '../imports/card-number.ts';
import type { WriteRequest } from './delivery-sender.ts';

const formType = 'application/x-www-form-urlencoded';
const charsets = { cp932: '; charset=Shift_JIS', 'utf-8': '; charset=UTF-8', as_received: '' };

/**
 * The form that leaves: the very bytes that came in, or the parameters in the encoding that the
 * merchant chose; after an edit, the edited ones.
 *
 * @returns null when a character does not exist in that encoding.
 */
export function formOf(
  delivery: ClaimedDelivery,
  encoding: DeliveryEndpoint['encoding'],
): Buffer | null {
  const { query, body, edited, parameters } = delivery;
  // What waited so long that the bytes are kept no longer leaves by its parameters.
  const isKept = query.length + body.length > 0;
  if (encoding === 'as_received' && edited === null && isKept) {
    const separator = query.length > 0 && body.length > 0 ? '&' : '';
    return Buffer.concat([query, Buffer.from(separator), body]);
  }
  const chosen = encoding === 'as_received' ? delivery.encoding : encoding;
  return encodeForm(edited ?? parameters, chosen);
}

/**
 * The key is the result's: the same for every attempt, re-send and endpoint. The signature is that of
 * `<unix seconds>.<body>`, so that a recorded delivery cannot be played back later.
 *
 * @param now ISO instant on the merchant's clock.
 */
export function headersOf(
  delivery: Pick<ClaimedDelivery, 'resultId' | 'attempt' | 'version'>,
  form: Buffer,
  endpoint: Pick<DeliveryEndpoint, 'encoding'>,
  signing: { readonly secret: string; readonly now: string },
): Record<string, string> {
  const timestamp = String(Math.floor(Date.parse(signing.now) / 1000));
  const signature = createHmac('sha256', signing.secret)
    .update(`${timestamp}.`)
    .update(form)
    .digest('hex');
  return {
    'Content-Type': `${formType}${charsets[endpoint.encoding]}`,
    'Idempotency-Key': delivery.resultId,
    'Tsukigime-Signature': `t=${timestamp},v1=${signature}`,
    'Tsukigime-Attempt': String(delivery.attempt),
    'Tsukigime-Version': String(delivery.version),
  };
}

/**
 * A carrier result as it leaves. Its receivers know one signature: the newest secret's. Retention may have
 * blanked one at the very moment in which the desk sent it again: it ends as an error of its own.
 */
export const writeResultRequest: WriteRequest<ClaimedDelivery> = (delivery, signing, endpoint) => {
  if ((delivery.edited ?? delivery.parameters).length === 0) {
    return '保存期間が過ぎて送信データは消去されているため送信していません';
  }
  const body = formOf(delivery, endpoint.encoding);
  const [secret] = signing.secrets;
  if (body === null || secret === undefined) {
    return '送信先の文字コードで表せない文字があるため送信していません';
  }
  return { body, headers: headersOf(delivery, body, endpoint, { secret, now: signing.now }) };
};

const longestExcerpt = 200;
const maskedAnswer = '(カード番号と思われる数字を含むため、応答は保存していません)';

/** What is kept of an answer: its first characters in one line, without anything like a card number. */
export function excerptOf(start: Buffer): string {
  const utf8 = createStrictDecoder('utf-8');
  // The last character may be cut in the middle: the answer was read up to a number of bytes.
  const whole = [0, 1, 2, 3].map((cut) => utf8(start.subarray(0, start.length - cut)));
  const text =
    whole.find((decoded) => decoded !== null) ?? new TextDecoder('shift_jis').decode(start);
  if (findCardNumber(text) !== null) return maskedAnswer;
  return [...text.replace(/[\p{Cc}\s]+/gu, ' ').trim()].slice(0, longestExcerpt).join('');
}

import { z } from 'zod';
import { secretNamePattern } from './secret.ts';

const secretName = z.string().regex(secretNamePattern, { error: 'is 1 to 64 of a-z, 0-9 and -' });

/** Name of a parameter or of a line of an answer. */
const itemName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,29}$/, { error: 'is 1 to 30 letters, digits and _' });

const responseCodes = z.array(z.string().regex(/^[0-9A-Za-z_-]{1,20}$/)).max(50);

/**
 * The connection over which telegrams 200 and 201 go to Paygent (spec 1.5). What public code shows of
 * them is fixed in psp/paygent/telegram.ts; the rest is assumed and stands here, to be set by what
 * Paygent tells the merchant. Response codes that no list names prove nothing: the outcome is unclear.
 */
export const paygentTelegramSchema = z.strictObject({
  /** Where files are posted; everybody who sees settings sees it, so no secret is in it. */
  url: z.string().max(500).refine(isCallable, {
    error: 'is no https:// address, or holds a user, a password or a query',
  }),
  /** 接続ID, given by Paygent. */
  connectId: z.string().regex(/^[\x21-\x7e]{1,50}$/, { error: 'is 1 to 50 printable characters' }),
  /** Name of the secret that holds the 接続パスワード. */
  passwordSecret: secretName.default('paygent-connect-password'),
  /** Name of the secret with the client certificate and its key: PEM, or PKCS#12 in base64. */
  certificateSecret: secretName.default('paygent-certificate'),
  /** Name of the secret that opens the key; null when it is not locked. */
  passphraseSecret: secretName.nullable().default(null),
  /** PEM of an authority that is trusted besides the public ones. */
  certificateAuthority: z.string().max(20_000).nullable().default(null),
  /** 電文バージョン番号. */
  version: z
    .string()
    .regex(/^[0-9.]{1,10}$/)
    .default('1.0'),
  /**
   * Seconds until a telegram without an answer has failed; shorter than the limit after which "it is
   * not there" begins to say something (billing/exchange.ts).
   */
  timeoutSeconds: z.int().min(5).max(540).default(300),
  /**
   * Parameter that carries our own number of a sending in 200 and names it again in 201; null when
   * Paygent keeps none: then a file whose answer was lost can be asked for by nobody but people.
   */
  referenceName: itemName.nullable().default('trading_id'),
  /** 受付番号: the line of the answer to 200, and the parameter of 201; null when 201 has none. */
  acceptanceName: itemName.nullable().default('acceptance_no'),
  /**
   * What レスポンスコード means where 処理結果 is 1. The codes of the default are the sandbox's own and
   * no real one's.
   */
  codes: z
    .strictObject({
      /** 200: the format is wrong and nothing was taken. */
      rejected: responseCodes.default(['SANDBOX-FORMAT']),
      /** 200: nothing was taken for another reason, such as a wrong 接続パスワード: sent again later. */
      notTaken: responseCodes.default(['SANDBOX-AUTH']),
      /** 201: taken, and not worked off yet. */
      processing: responseCodes.default(['SANDBOX-PROCESSING']),
      /** 201: there is no such file, and never was. */
      absent: responseCodes.default(['SANDBOX-NOFILE']),
    })
    .prefault({}),
});

export type PaygentTelegram = z.output<typeof paygentTelegramSchema>;

/** http too: what a sandbox merchant may call besides is decided where the connection is made. */
function isCallable(text: string): boolean {
  const host = String.raw`(?:[A-Za-z0-9.-]+|\[[0-9a-f:.]+\])`;
  return new RegExp(String.raw`^https?://${host}(?::\d{1,5})?(?:/[^\s?#]*)?$`).test(text);
}

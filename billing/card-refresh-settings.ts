import { z } from 'zod';
import { BUSINESS_DAY_RULES } from './business-calendar.ts';
import { secretNamePattern } from './secret.ts';

const folder = z
  .string()
  .min(1)
  .max(500)
  .regex(/^\P{C}+$/u, { error: 'holds a control character' });

const fileName = (part: string) =>
  z
    .string()
    .min(1)
    .max(150)
    .regex(/^[^/\\\p{C}]+$/u, { error: 'is a file name' })
    .refine((name) => name.includes(part), { error: `is a file name that holds ${part}` });

const secretName = z.string().regex(secretNamePattern, { error: 'is 1 to 64 of a-z, 0-9 and -' });
const gmoId = z.string().regex(/^[0-9A-Za-z_-]{1,20}$/, { error: 'is 1 to 20 letters and digits' });

/**
 * The connection of 「SFTPサーバ設定のお知らせ」 (manual 004). Folders and names are our own convention
 * until the merchant has that paper [assumed].
 */
export const refreshSftpSchema = z.strictObject({
  /** SFTP 接続先 IP アドレス. */
  host: z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, { error: 'is a host name or an address' }),
  port: z.int().min(1).max(65_535).default(22),
  /** SFTP ログインID. */
  user: z.string().min(1).max(100),
  /** The secret that holds the SFTP パスワード or a private key, whichever it is. */
  secretName,
  /** Fingerprints as `ssh-keygen -lf` prints them; several while the server changes its key. */
  hostKeys: z
    .array(z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/, { error: 'is SHA256:…' }))
    .min(1)
    .max(5),
  /** Where requests are put. */
  requestFolder: folder.default('/request'),
  /** Where results appear. */
  resultFolder: folder.default('/result'),
  /** How a request is called: `{month}` is the month of its result, YYYYMM. */
  requestName: fileName('{month}').default('tsukigime-refresh-{month}.csv'),
  /** How its result is called: `{name}` is the request's name without `.csv`. */
  resultName: fileName('{name}').default('{name}-result.csv'),
  /**
   * Whether a request stays in its folder until its result is there. Only then does its absence prove
   * that it never came, and it may be sent again; else a person decides.
   */
  filesStay: z.boolean().default(false),
});

export type RefreshSftp = z.output<typeof refreshSftpSchema>;

const position = z.int().min(0).max(99);

/**
 * Where the columns of a result stand, from 0. Thirteen columns, the member first and the verdict
 * seventh, were seen once in public code; the others are assumed.
 */
export const refreshResultLayoutSchema = z
  .strictObject({
    /** [seen] */
    columns: z.int().min(1).max(100).default(13),
    /** 会員ID [seen]. */
    memberId: position.default(0),
    /** カード登録連番 [assumed]. */
    cardSequence: position.nullable().default(1),
    /** 自由項目, in which a request says month and line [assumed]; null where a result has none. */
    freeText: position.nullable().default(2),
    /** 洗替判定結果 [seen]. */
    verdict: position.default(6),
    /** Masked number, where the issuer gave a new one [assumed]. */
    cardNumber: position.nullable().default(7),
    /** 有効期限 where the issuer gave a new one [assumed]. */
    expiry: position.nullable().default(8),
    /** [assumed] */
    expiryFormat: z.enum(['YYMM', 'MMYY']).default('YYMM'),
  })
  .refine(
    ({ columns, memberId, cardSequence, freeText, cardNumber, expiry, verdict }) =>
      [memberId, cardSequence, freeText, cardNumber, expiry, verdict].every(
        (at) => at === null || at < columns,
      ),
    { error: 'a column stands behind the last one' },
  )
  .refine(
    ({ memberId, cardSequence, freeText, cardNumber, expiry, verdict }) => {
      const all = [memberId, cardSequence, freeText, cardNumber, expiry, verdict];
      const used = all.filter((at) => at !== null);
      return new Set(used).size === used.length;
    },
    { error: 'two columns stand in one place' },
  )
  .prefault({});

export type RefreshResultLayout = z.output<typeof refreshResultLayoutSchema>;

/** 自動洗替: the monthly refresh of cards at GMO Payment Gateway, and GMO's other settings of manual 004. */
export const cardRefreshSchema = z
  .strictObject({
    /** Refresh cards every month without a person. */
    enabled: z.boolean().default(false),
    /** ショップID. */
    shopId: gmoId.nullable().default(null),
    /** The secret that holds the ショップパスワード. */
    shopPasswordSecret: secretName.nullable().default(null),
    /** サイトID. */
    siteId: gmoId.nullable().default(null),
    /** The secret that holds the サイトパスワード. */
    sitePasswordSecret: secretName.nullable().default(null),
    /** Null until the option of exchanging files is contracted. */
    sftp: refreshSftpSchema.nullable().default(null),
    /** Day of the month on which the request leaves; before the day of the results [assumed]. */
    requestDay: z.int().min(1).max(24).default(1),
    /** Time of that day in Japan, HH:MM [assumed]. */
    at: z
      .string()
      .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, { error: 'is not a time, HH:MM' })
      .default('05:00'),
    /** A request day that is no business day stays, or moves to the business day after or before it. */
    businessDayRule: z.enum(BUSINESS_DAY_RULES).default('none'),
    /** So many days before the request the connection is tried, daily, while there is time to mend it. */
    checkDaysBefore: z.int().min(0).max(14).default(5),
    /** So many days a request that cannot leave is tried again; then the month is not run. */
    sendWithinDays: z.int().min(1).max(14).default(2),
    /** Minutes between two looks for the result, from the 27th 00:00 on. */
    pollMinutes: z.int().min(1).max(180).default(30),
    /** A result that is so many days late is normal; then people are told. */
    lateDays: z.int().min(0).max(14).default(3),
    /** How a result is laid out. */
    resultLayout: refreshResultLayoutSchema,
    /** セキュリティコードの入力: the shop's order form asks for it. */
    securityCodeInput: z.boolean().default(false),
    /** エポスカード即時発行スキーム; its banner is uploaded, not set here. */
    epos: z
      .strictObject({
        enabled: z.boolean().default(false),
        /** エポス提携店コード. */
        storeCode: z.string().trim().min(1).max(50).nullable().default(null),
      })
      .refine(({ enabled, storeCode }) => !enabled || storeCode !== null, {
        path: ['storeCode'],
        error: 'エポス連携を利用するには、エポス提携店コードを指定してください',
      })
      .prefault({}),
  })
  .prefault({});

export type CardRefreshSettings = z.output<typeof cardRefreshSchema>;

/** What a person must set before cards can be refreshed; null = nothing is missing. */
export function findMissingRefreshSetting(settings: CardRefreshSettings): string | null {
  const missing = [
    ...(settings.shopId === null ? ['ショップID'] : []),
    ...(settings.shopPasswordSecret === null ? ['ショップパスワード'] : []),
    ...(settings.siteId === null ? ['サイトID'] : []),
    ...(settings.sitePasswordSecret === null ? ['サイトパスワード'] : []),
    ...(settings.sftp === null ? ['SFTPの接続先'] : []),
  ];
  if (missing.length === 0) return null;
  return `洗替の設定に${missing.join('、')}がありません。設定 cardRefresh に登録してください。`;
}

/** The name of a month's request. */
export function refreshRequestName(
  { requestName }: Pick<RefreshSftp, 'requestName'>,
  month: string,
) {
  return requestName.replace('{month}', month.replace('-', ''));
}

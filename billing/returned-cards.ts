import { z } from 'zod';
import { type CardService, expiryFormat } from './card-service.ts';

/**
 * The file in which a PSP gives back the cards of the customers that a link file named: which columns
 * it has, in which order, and how it writes an expiry. Yamato's columns are the manual's (001, d); those
 * of GMO and ZEUS are what their card files need [assumed]. All of it is a merchant setting.
 */
export const RETURNED_FIELDS = [
  'customerId',
  'lastDigits',
  'brand',
  'expiry',
  'authKey',
  'sendId',
  'sequence',
] as const;
export type ReturnedField = (typeof RETURNED_FIELDS)[number];

/** The kind under which the file store keeps a returned file; the guard knows its columns by it. */
export const RETURNED_FILE_KIND = 'returned-cards';

/** What a returned file must have; ZEUS names the customer in the SEND ID too. */
export const neededReturnedFields: Readonly<Record<CardService, readonly ReturnedField[]>> = {
  YAMATO: ['customerId', 'lastDigits', 'brand', 'expiry', 'authKey'],
  GMO: ['customerId', 'lastDigits', 'brand', 'expiry', 'sequence'],
  ZEUS: ['sendId', 'sequence', 'lastDigits', 'brand', 'expiry'],
};

/** Columns of a file without a header line; null is a column that is not read. */
const defaultOrders: Readonly<Record<CardService, readonly ReturnedField[]>> = {
  YAMATO: ['customerId', 'lastDigits', 'brand', 'expiry', 'authKey'],
  GMO: ['customerId', 'lastDigits', 'brand', 'expiry', 'sequence'],
  ZEUS: ['customerId', 'lastDigits', 'brand', 'expiry', 'sendId', 'sequence'],
};

/** The first name of each is the manual's. */
const defaultNames: Readonly<Record<ReturnedField, readonly string[]>> = {
  customerId: ['サブスクストアの顧客ID', '顧客ID'],
  lastDigits: ['カード番号下3桁', '下3桁'],
  brand: ['カードブランド', 'ブランド'],
  expiry: ['有効期限', 'カード有効期限'],
  authKey: ['クロネコwebコレクトカード認証キー', 'カード認証キー', '認証キー'],
  sendId: ['SEND ID'],
  sequence: ['連番物理'],
};

const names = z.array(z.string().trim().min(1).max(100)).min(1).max(10);

function createLayoutSchema(service: CardService) {
  const needed = neededReturnedFields[service];
  return z
    .strictObject({
      /** The names that each column may have in a header line; compared without white space and width. */
      columns: z
        .strictObject({
          customerId: names.default([...defaultNames.customerId]),
          lastDigits: names.default([...defaultNames.lastDigits]),
          brand: names.default([...defaultNames.brand]),
          expiry: names.default([...defaultNames.expiry]),
          authKey: names.default([...defaultNames.authKey]),
          sendId: names.default([...defaultNames.sendId]),
          sequence: names.default([...defaultNames.sequence]),
        })
        .prefault({}),
      /** The columns of a file without a header line, in their order; null: one that is not read. */
      order: z
        .array(z.enum(RETURNED_FIELDS).nullable())
        .min(1)
        .max(50)
        .default([...defaultOrders[service]]),
      /** How the file writes the expiry; it is turned into what the import expects. */
      expiry: z.enum(['YYMM', 'MMYY']).default(expiryFormat(service)),
    })
    .refine(({ order }) => needed.every((field) => order.includes(field)), {
      error: `must hold ${needed.join(', ')}`,
      path: ['order'],
    })
    .refine(
      ({ order }) => {
        const read = order.filter((field) => field !== null);
        return new Set(read).size === read.length;
      },
      { error: 'names a column twice', path: ['order'] },
    )
    .refine(
      ({ columns }) => {
        const keys = Object.values(columns).flatMap((of) => [...new Set(of.map(headerKey))]);
        return new Set(keys).size === keys.length;
      },
      { error: 'two columns have the same name', path: ['columns'] },
    )
    .prefault({});
}

export const returnedCardsSchema = z
  .strictObject({
    YAMATO: createLayoutSchema('YAMATO'),
    GMO: createLayoutSchema('GMO'),
    ZEUS: createLayoutSchema('ZEUS'),
  })
  .prefault({});

export type ReturnedLayout = z.output<typeof returnedCardsSchema>[CardService];

/** A column's name as names are compared: people write it with spaces and in either width. */
export function headerKey(name: string): string {
  return name.normalize('NFKC').replace(/\s+/g, '').toUpperCase();
}

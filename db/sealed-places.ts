import { type FileKey, resealChunk } from './file-chunks.ts';
import { cardKeyPlace, openSecret, type SecretPlace, sealSecret } from './secret-cipher.ts';

/** What was encrypted, as its row holds it; the tag stands at the end of `data`. */
export interface Sealed {
  readonly keyId: string;
  readonly iv: Buffer;
  readonly data: Buffer;
}

type KeyColumn = readonly [column: string, type: 'bigint' | 'int' | 'text'];

/** A table whose rows hold something encrypted with a file key, and to what each is bound. */
export interface SealedPlace {
  /** As people read it. */
  readonly what: string;
  readonly table: string;
  /** The primary key. */
  readonly key: readonly KeyColumn[];
  readonly columns: { readonly keyId: string; readonly iv: string; readonly data: string };
  /** What the ciphertext is bound to beside columns of the row itself: joins, and a select list. */
  readonly joins: string;
  readonly bound: string;
  /** Rows of one transaction: locked for moments only, and few enough to be held in memory. */
  readonly rowsAtOnce: number;
  /** @throws when the row cannot be opened with `keys` */
  reseal(
    sealed: Sealed,
    bound: Readonly<Record<string, unknown>>,
    keys: readonly FileKey[],
    to: FileKey,
  ): Sealed;
}

const plainColumns = { keyId: 'key_id', iv: 'iv', data: 'data' } as const;
const authKeyColumns = { keyId: 'auth_key_id', iv: 'auth_key_iv', data: 'auth_key_data' } as const;

function resealSecret(
  sealed: Sealed,
  place: SecretPlace,
  keys: readonly FileKey[],
  to: FileKey,
): Sealed {
  return sealSecret(openSecret(sealed, place, keys), place, to);
}

/** The reading side of `sealSecret(…, cardKeyPlace(…), …)` in the card import. */
const resealCardKey: SealedPlace['reseal'] = (sealed, bound, keys, to) => {
  const card = bound as { merchantId: number; service: string; identity: string };
  return resealSecret(sealed, cardKeyPlace(card.merchantId, card), keys, to);
};

/**
 * Every place where the record holds something encrypted. A test compares this list with the schema: a
 * table that is missing here would lose what it holds when an old key is thrown away.
 */
export const sealedPlaces: readonly SealedPlace[] = [
  {
    what: 'secrets',
    table: 'merchant_secrets',
    key: [
      ['merchant_id', 'bigint'],
      ['name', 'text'],
      ['version', 'int'],
    ],
    columns: plainColumns,
    joins: '',
    bound: 't.merchant_id as "merchantId", t.name, t.version',
    rowsAtOnce: 200,
    reseal: (sealed, bound, keys, to) =>
      resealSecret(sealed, bound as unknown as SecretPlace, keys, to),
  },
  {
    what: 'card keys',
    table: 'cards',
    key: [['id', 'bigint']],
    columns: authKeyColumns,
    joins: '',
    bound: 't.merchant_id as "merchantId", t.service, t.identity',
    rowsAtOnce: 500,
    reseal: resealCardKey,
  },
  {
    what: 'card keys from before a migration',
    table: 'migration_card_changes',
    key: [
      ['round_id', 'bigint'],
      ['card_id', 'bigint'],
    ],
    columns: authKeyColumns,
    joins: 'join cards c on c.id = t.card_id',
    bound: 't.merchant_id as "merchantId", c.service, c.identity',
    rowsAtOnce: 500,
    reseal: resealCardKey,
  },
  {
    what: 'file chunks',
    table: 'file_chunks',
    key: [
      ['file_id', 'bigint'],
      ['n', 'int'],
    ],
    columns: plainColumns,
    joins: 'join files f on f.id = t.file_id',
    bound: 'f.merchant_id as "merchantId", t.n = f.chunks as last',
    // A chunk holds up to a megabyte.
    rowsAtOnce: 8,
    reseal(sealed, bound, keys, to) {
      const { merchantId, k0, k1, last } = bound as Record<'merchantId' | 'k0' | 'k1', number> & {
        last: boolean;
      };
      return resealChunk(sealed, { merchantId, fileId: k0, n: k1, last }, keys, to);
    },
  },
];

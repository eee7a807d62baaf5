import type { ColumnType, GeneratedAlways } from 'kysely';

/** What may be done to a column, said to the compiler: most are written once and never updated. */

/** A value that is written once. */
export type Fact<T> = ColumnType<T, T, never>;
/** A value that may be left out when its row is inserted, and is written once. */
export type OptionalFact<T> = ColumnType<T, T | undefined, never>;
/** An instant: ISO-8601 in UTC when read ("2026-11-22T00:00:00.000Z"); a Date may be inserted. */
export type Instant = ColumnType<string, string | Date, never>;
export type OptionalInstant = ColumnType<string | null, string | Date | null | undefined, never>;
/** An instant that is filled in later. */
export type LaterInstant = ColumnType<
  string | null,
  string | Date | null | undefined,
  string | Date | null
>;
/** jsonb: parsed when read, given as JSON text when inserted. */
export type Json = ColumnType<unknown, string, never>;
export type Id = GeneratedAlways<number>;
/** An id that may also be chosen by the caller: taken from the sequence before rows are copied in. */
export type OpenId = ColumnType<number, number | undefined, never>;
/** A column that has a default and changes later. */
export type Kept<T> = ColumnType<T, T | undefined, T>;

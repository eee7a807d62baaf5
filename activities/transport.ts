import type { ExchangeName, FormatError } from '../billing/exchange.ts';
import type { Db } from '../db/database.ts';
import type { FileKey } from '../db/file-chunks.ts';
import type { ResolveName } from '../outside/address-guard.ts';

/**
 * How files travel to a PSP and back without a person. Each transport is these three acts and nothing
 * more; what their answers mean for money is decided by whoever calls them (workflows/file-exchange.ts).
 */

/** One file on its way, as a transport needs to know it. */
export interface OutgoingFile {
  readonly name: ExchangeName;
  /** Under which it is handed over and its result is found: `auth-2026-11-001.csv`. */
  readonly fileName: string;
  /** The stored bytes, from the start at each call. */
  readonly content: () => AsyncIterable<Uint8Array>;
  readonly bytes: number;
  readonly sha256: string;
  readonly records: number;
  readonly amountYen: number;
  /** The how-manieth sending of this file, from 1: a further one follows only a proven `not_sent`. */
  readonly sendNumber: number;
  /** What the PSP called the file when it took it; null before, and for ever where it names none. */
  readonly acceptanceNumber: string | null;
  /** ISO instant of this act on the business clock. */
  readonly now: string;
  /** Ends the act when its time is over: a sending that is given up must not arrive later. */
  readonly signal?: AbortSignal;
}

/** What one sending came to. `why` is a sentence for operators, without secrets. */
export type SendAnswer =
  | { readonly kind: 'accepted'; readonly acceptanceNumber: string | null }
  /** The PSP has looked at the file and bills nobody for it. */
  | { readonly kind: 'rejected'; readonly errors: readonly FormatError[] }
  /** Surely nothing that the PSP could carry out has arrived. */
  | { readonly kind: 'not_sent'; readonly why: string }
  /** Anything else: nobody knows, and only asking can tell. */
  | { readonly kind: 'unclear'; readonly why: string };

/** What the PSP knows of a file. */
export type Inquiry =
  | {
      readonly kind: 'found';
      readonly acceptanceNumber: string | null;
      readonly completed: boolean;
      /** Records the PSP counted; null where it does not say. */
      readonly records: number | null;
    }
  /** It is not there, and that says something. A PSP whose "no" proves nothing answers `unclear`. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'unclear'; readonly why: string };

/** What a look for the result came to. */
export type Fetched =
  | {
      readonly kind: 'result';
      /** To be read to its end or closed (`return()`). Throws OutsideError when it breaks off. */
      readonly content: AsyncGenerator<Uint8Array, void, undefined>;
      readonly fileName: string;
    }
  /** The PSP could not read the file and says so in its own words. */
  | {
      readonly kind: 'refused';
      readonly content: AsyncGenerator<Uint8Array, void, undefined>;
      readonly fileName: string;
    }
  /** `settling`: it is there, but may still be being written. */
  | { readonly kind: 'waiting'; readonly settling?: boolean }
  | { readonly kind: 'failed'; readonly why: string };

/** None of these throws for what the other side does: that is an answer. */
export interface Transport {
  /** Called once for a send number, whatever happens, and never tried again by itself. */
  send(file: OutgoingFile): Promise<SendAnswer>;
  inquire(file: OutgoingFile): Promise<Inquiry>;
  fetchResult(file: OutgoingFile): Promise<Fetched>;
}

/** What a transport is built from, besides the merchant and its settings. */
export interface TransportAccess {
  readonly db: Db;
  /** They open the merchant's secrets. */
  readonly fileKeys: readonly FileKey[];
  readonly resolve?: ResolveName;
}

/**
 * Asks again when asking failed. Sending is left alone: a second try of it could bill everybody twice.
 *
 * @param times tries in all
 */
export function withRetries(transport: Transport, times = 3): Transport {
  return {
    send: (file) => transport.send(file),
    inquire: (file) =>
      again(
        times,
        (answer: Inquiry) => answer.kind !== 'unclear',
        () => transport.inquire(file),
      ),
    fetchResult: (file) =>
      again(
        times,
        (answer: Fetched) => answer.kind !== 'failed',
        () => transport.fetchResult(file),
      ),
  };
}

async function again<Answer>(
  times: number,
  isAnswer: (answer: Answer) => boolean,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  let answer = await ask();
  for (let tries = 1; tries < times && !isAnswer(answer); tries += 1) answer = await ask();
  return answer;
}

import type { Client } from '@temporalio/client';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { MerchantSettings } from '../billing/merchant-settings.ts';
import type { ExportFile, ExportVerdict } from '../billing/order-source.ts';
import type { FileGuard, FileKey } from '../db/queries/files.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { defaultPasswordCost, type PasswordCost } from '../db/queries/users.ts';
import type { Database } from '../db/tables.ts';
import type { WorkflowStarter } from '../temporal/workflow-starter.ts';
import type { LoginLimits } from './login-gate.ts';

/** How much the API takes. The defaults suit one merchant's office; a console comes on top. */
export interface ApiLimits {
  /** Longest JSON body. */
  readonly jsonBytes: number;
  /** A JSON body that takes longer to come is cut off: it holds a place in line while it drips. */
  readonly jsonBodyMs: number;
  /** Longest uploaded file: a million orders are about 200 MB. */
  readonly uploadBytes: number;
  /** Uploads at once: each holds a Postgres connection and its open transaction. */
  readonly uploadsAtOnce: number;
  /** Silence after which an upload is cut, so that it does not hold its transaction for ever. */
  readonly uploadSilenceMs: number;
  /** An upload that has been waited for this long is cut when it is slower than the next number. */
  readonly uploadGraceMs: number;
  /** Bytes a second of waiting: what drips would hold its transaction as what is silent does. */
  readonly uploadPace: number;
  /** Requests a minute and address that end in 401, before the address must wait. */
  readonly refusedPerMinute: number;
  /** Requests a minute and address to routes without a token. */
  readonly publicPerMinute: number;
  /** Calls a minute and address to a carrier receiver by someone who is not let in. */
  readonly strangersPerMinute: number;
  /** Requests a minute and token or session. */
  readonly tokenPerMinute: number;
  /** Requests a minute and address with no session or one that has ended. */
  readonly signedOutPerMinute: number;
  readonly logins: LoginLimits;
  /** A session without a request ends after this. */
  readonly sessionIdleMs: number;
  /** A session ends after this in any case. */
  readonly sessionMs: number;
  /** What hashing a password costs, us and whoever guesses. */
  readonly passwordCost: PasswordCost;
}

export const defaultLimits: ApiLimits = {
  jsonBytes: 256 * 1024,
  jsonBodyMs: 30_000,
  uploadBytes: 512 * 1024 * 1024,
  uploadsAtOnce: 4,
  uploadSilenceMs: 30_000,
  // A tenth of the slowest line that an office has today.
  uploadGraceMs: 60_000,
  uploadPace: 16 * 1024,
  refusedPerMinute: 20,
  publicPerMinute: 120,
  strangersPerMinute: 10,
  tokenPerMinute: 1200,
  signedOutPerMinute: 600,
  // Somebody who has forgotten which one it was; far below what guessing needs.
  logins: { perAddress: 30, perAccount: 10, perDevice: 20 },
  // A lunch break; a working day.
  sessionIdleMs: 2 * 3_600_000,
  sessionMs: 12 * 3_600_000,
  passwordCost: defaultPasswordCost,
};

/** What a try of the order source found; the sentence is Japanese. */
export type SourceTest =
  | {
      readonly works: true;
      readonly files: readonly {
        readonly file: ExportFile;
        readonly verdict: ExportVerdict;
      }[];
    }
  | { readonly works: false; readonly problem: string; readonly detail: string };

interface ListedFile {
  readonly name: string;
  readonly bytes: number;
  readonly mark: string;
}

/** What a try of the card refresh's connection found; the sentence is Japanese. */
export type RefreshConnectionTest =
  | {
      readonly works: true;
      readonly detail: string;
      readonly requestFolder: readonly ListedFile[];
      readonly resultFolder: readonly ListedFile[];
    }
  | { readonly works: false; readonly problem: string; readonly detail: string };

/** All that the API needs from outside; server.ts and tests construct it. */
export interface ApiDependencies {
  /** As the application role. */
  readonly db: Kysely<Database>;
  /**
   * The same with connections and a statement time-out of its own, for calls of ZEUS: an answer is
   * due within a second, whatever else the API is busy with. Without it they share `db`.
   */
  readonly callsDb?: Kysely<Database>;
  /** With the payload codec: a start or Update never bypasses it. */
  readonly temporal: Client;
  /** Starts workflows by their IDs, over `temporal`. */
  readonly workflows: Pick<WorkflowStarter, 'start' | 'startAndReport'>;
  /** Newest first. */
  readonly fileKeys: readonly FileKey[];
  /** A fresh card-number guard for one file of this kind. */
  readonly createGuard: (kind: string, settings: MerchantSettings) => FileGuard;
  /** Connects to a merchant's order source and says what a month would take; takes nothing. */
  readonly testOrderSource: (
    merchant: Merchant,
    of: { readonly month: string; readonly now: string },
  ) => Promise<SourceTest>;
  /** Connects to GMO's server with the settings of the card refresh; writes and takes nothing. */
  readonly testRefreshConnection: (
    merchant: Merchant,
    month: string | null,
  ) => Promise<RefreshConnectionTest>;
  /** Real time; a merchant's business time is this plus its offset. */
  readonly realNow: () => Date;
  readonly logger: Logger;
  readonly limits: ApiLimits;
  /** How long an Update is awaited before the answer is 202. */
  readonly updateWaitMs: number;
  /** Where the built console lies; undefined = it is not served. */
  readonly consoleDir?: string | undefined;
  /** Number of proxies in front whose X-Forwarded-For is believed; 0 = none. */
  readonly trustedProxies: number;
  /** Origin of the Temporal UI whose pages may have payloads decoded; undefined = none may. */
  readonly temporalUiOrigin?: string | undefined;
}

import type {
  CustomerDecision,
  MigrationCheck,
  MigrationFacts,
} from '../billing/card-migration.ts';
import { defineOperatorUpdate } from './messages.ts';

/** What people say to a card migration; each answer is where it stands then. */

/** A person vouches for one of the checks before the link file. */
export const acknowledgeMigrationCheck = defineOperatorUpdate<
  {
    readonly check: MigrationCheck;
    /** The day to which it refers, YYYY-MM-DD, of the check that has one. */
    readonly onDate: string | null;
  },
  MigrationFacts
>('acknowledgeMigrationCheck');

/** What becomes of customers with a finding: of all that are named, or of none. */
export const decideMigrationCustomers = defineOperatorUpdate<
  { readonly decisions: readonly CustomerDecision[] },
  MigrationFacts
>('decideMigrationCustomers');

/** The link file of the customers in scope is made. */
export const releaseLinkFile = defineOperatorUpdate<object, MigrationFacts>('releaseLinkFile');

/** A person has given the link file to the PSP. */
export const recordLinkHandOver = defineOperatorUpdate<object, MigrationFacts>(
  'recordLinkHandOver',
);

/** The PSP's file: stored bytes, named by their hash. */
export const takeReturnedFile = defineOperatorUpdate<
  {
    readonly sha256: string;
    /** It adds to the files before it instead of taking their place. */
    readonly addition: boolean;
  },
  MigrationFacts
>('takeReturnedFile');

/** The coverage is taken as it is; how many have no card is named, so that it was looked at. */
export const acceptCoverage = defineOperatorUpdate<{ readonly uncovered: number }, MigrationFacts>(
  'acceptCoverage',
);

/** The migration is wanted no more: the cards are as they were before it. */
export const cancelMigration = defineOperatorUpdate<object, MigrationFacts>('cancelMigration');

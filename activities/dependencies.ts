import type { Pool } from 'pg';
import type { Db } from '../db/database.ts';
import type { FileKey } from '../db/file-chunks.ts';
import type { MailLine } from './mail-line.ts';
import type { SourceAccess } from './source-access.ts';
import type { WorkflowStarts } from './workflow-starts.ts';

/** What activities work with; workers/dependencies.ts constructs it. */
export interface ActivityDependencies {
  readonly db: Db;
  /** The pool under `db`, for COPY. */
  readonly pool: Pool;
  /** Newest first: the first encrypts what is stored, all decrypt. */
  readonly fileKeys: readonly FileKey[];
  readonly workflows: WorkflowStarts;
  readonly mail: MailLine;
  /** Where exports may be looked for on this machine; all else is in the merchant's settings. */
  readonly sources: Pick<SourceAccess, 'inboxDir' | 'resolve'>;
}

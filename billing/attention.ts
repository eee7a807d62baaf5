import type { MigrationStage } from './card-migration.ts';
import type { ImportKind, ImportStage } from './file-import.ts';

/** What waits for a person outside of a month's billing: what of the record is such, and for how long. */

/** [assumed] Two weeks: by then operators have been reminded four times. */
const RETURN_LATE_MS = 14 * 86_400_000;

/** Whether a PSP has had a link file for so long that somebody should ask. */
export function isReturnLate(
  { stage, waitsSince }: { readonly stage: MigrationStage; readonly waitsSince: string },
  now: string,
): boolean {
  return stage === 'awaiting_return' && Date.parse(now) - Date.parse(waitsSince) >= RETURN_LATE_MS;
}

interface SeenImport {
  readonly kind: ImportKind;
  readonly stage: ImportStage;
}

/** Imports of which somebody has to say what becomes of them. */
export type WaitingImport<Seen> = Seen & { readonly stage: 'uploaded' | 'refused' };

/**
 * Held uploads, and files that were refused while nothing newer of their kind was brought: the file
 * that is mended and brought again is a new import.
 *
 * @param imports the newest first
 */
export function findWaitingImports<Seen extends SeenImport>(
  imports: readonly Seen[],
): WaitingImport<Seen>[] {
  const brought = new Set<ImportKind>();
  return imports.flatMap((one) => {
    const newest = !brought.has(one.kind);
    if (one.stage !== 'cancelled' && one.stage !== 'uploaded') brought.add(one.kind);
    const waits = one.stage === 'uploaded' || (one.stage === 'refused' && newest);
    return waits ? [one as WaitingImport<Seen>] : [];
  });
}

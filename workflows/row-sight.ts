import type { Bell } from './bell.ts';

/**
 * What a workflow knows of its row without reading it anew after every act: an activity that changes
 * the row says how it is then. Three events less in the history, and a turn of the worker.
 */
export interface RowSight<Facts> {
  /**
   * Runs what may change the row, and wakes the workflow by its bell.
   *
   * @param act calls `sees` with the row as it was after its change
   */
  during<Result>(act: (sees: (facts: Facts) => void) => Promise<Result>): Promise<Result>;
  /** The row: as the latest act saw it where nothing can have changed it since, else read. */
  look(): Promise<Facts>;
}

/** @param read reads the row; what changed it before the reading began is in it */
export function keepSight<Facts>(
  bell: Pick<Bell, 'ring' | 'heed' | 'rings'>,
  read: () => Promise<Facts>,
): RowSight<Facts> {
  /** Acts that began or ended: with the rings of others, all by which the row may have changed. */
  let turns = 0;
  let seen: { readonly facts: Facts; readonly at: number } | null = null;
  const at = () => bell.rings() + turns;

  return {
    async during(act) {
      turns += 1;
      const began = at();
      const said: Facts[] = [];
      // One that is refused has changed nothing.
      const result = await act((facts) => said.push(facts));
      const [facts] = said;
      const alone = at() === began;
      turns += 1;
      seen = alone && facts !== undefined ? { facts, at: at() } : null;
      bell.ring();
      return result;
    },
    async look() {
      const latest = seen;
      seen = null;
      bell.heed();
      return latest?.at === at() ? latest.facts : await read();
    },
  };
}

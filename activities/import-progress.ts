/** Tells people at times how far a reading is, without holding the reading up. */
export interface ImportProgress {
  /** Dropped while the word before is on its way. */
  note(rows: number): void;
  /** Waits for the last word: nothing of it may come behind what is written next. */
  settle(): Promise<void>;
}

/** @param write a word that is lost harms nobody: the counts at the end are those of the merge. */
export function createImportProgress(write: (rows: number) => Promise<void>): ImportProgress {
  let underway: Promise<void> | undefined;
  return {
    note(rows) {
      underway ??= write(rows)
        .catch(() => {})
        .finally(() => {
          underway = undefined;
        });
    },
    async settle() {
      await underway;
    },
  };
}

/** One line of `doctor`. */
export interface Finding {
  readonly part: string;
  readonly ok: boolean;
  readonly text: string;
  /** What to do; only when there is something to do. */
  readonly remedy?: string;
}

export const fine = (part: string, text: string): Finding => ({ part, ok: true, text });

/** Well as far as can be seen from here, and what to look at besides. */
export const note = (part: string, text: string, remedy: string): Finding => ({
  ...{ part, ok: true, text, remedy },
});

export const problem = (part: string, text: string, remedy: string): Finding => ({
  ...{ part, ok: false, text, remedy },
});

/** What to do about servers that nobody has started. */
export const startThem = 'Start it: `npx tsukigime up`.';

/** The first line of what a library says; it may not know that it is read by people. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}

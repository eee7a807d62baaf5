/** A row of an import file with what is said of it. */
export interface RemarkedRow {
  /** 行数 */
  readonly line: number;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** A line for each text, as operators read them below an import's counts. */
export function describeRows(rows: readonly RemarkedRow[]): string[] {
  return rows.flatMap(({ line, errors, warnings }) => [
    ...errors.map((text) => `  ${line} 行目  ${text}`),
    ...warnings.map((text) => `  ${line} 行目  注意: ${text}`),
  ]);
}

/** Figures of several runs, and how they are shown. */
export interface Range {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function rangeOf(values: readonly number[]): Range {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The share of values that lie below: 0.95 is the 95th percentile. */
export function percentile(sorted: readonly number[], share: number): number {
  const index = Math.min(sorted.length - 1, Math.floor(sorted.length * share));
  return sorted[index] ?? Number.NaN;
}

/** `12.3 (11.9–14.0)`: the median, and what lay around it when there was more than one run. */
export function showRange({ median: middle, min, max }: Range, digits = 1): string {
  const show = (value: number) => round(value, digits);
  return min === max ? show(middle) : `${show(middle)} (${show(min)}–${show(max)})`;
}

function round(value: number, digits: number): string {
  if (!Number.isFinite(value)) return '–';
  const factor = 10 ** digits;
  return (Math.round(value * factor) / factor).toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

export const showMb = (bytes: number): string => `${round(bytes / 1024 / 1024, 0)} MB`;
export const showCount = (value: number): string => round(value, 0);

/** A table in columns; the first to the left, figures to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

import { businessDateOf } from '../billing/business-date.ts';
import type { CardService } from '../billing/card-service.ts';
import { type ImportKind, importKindsJa } from '../billing/file-import.ts';
import { importSettingsSchema } from '../billing/import-settings.ts';
import { detectEncoding } from '../billing/text-encoding.ts';
import {
  type CheckedImportRow,
  type CheckSummary,
  checkImportFile,
  type ImportChecks,
} from '../imports/import-check.ts';
import { importGuardOptions } from '../imports/import-columns.ts';
import type { RowRemark } from '../imports/import-rows.ts';
import { createPostalLookup } from '../imports/postal-codes.ts';
import { guardInputFile, openInputFile } from './input-file.ts';
import { JsonList, printJson } from './json-list.ts';
import { describeRows } from './remark-lines.ts';
import { runReporting, UnusableInputError } from './unusable-input.ts';

export interface ImportCheckOptions {
  readonly kind: ImportKind;
  readonly file: string;
  readonly psp?: CardService;
  readonly json?: boolean;
}

// An operator reads this many rows on a screen; --json prints all.
const shownRows = 50;

/**
 * `tsukigime import check`: every error and warning of a file that needs no database.
 * @returns the exit code: 0, or 2 for a file that cannot be used.
 */
export function runImportCheck(options: ImportCheckOptions): Promise<number> {
  return runReporting(async () => {
    const checks = chooseChecks(options);
    const file = await openInputFile(options.file, 'FILE');
    await guardInputFile(file, importGuardOptions(options.kind, []));
    const encoding = await detectEncoding(file.open());
    const rows = new JsonList<CheckedImportRow>(shownRows);
    try {
      let summary: CheckSummary | null = null;
      for await (const event of checkImportFile(file.open, checks, encoding)) {
        if (event.kind === 'summary') summary = event.summary;
        else if (event.row.errors.length + event.row.warnings.length > 0) rows.add(event.row);
      }
      if (summary === null) throw new Error('checking ended without a summary');
      if (options.json)
        await printJson({ kind: options.kind, encoding, ...summary, remarked: rows });
      else console.log(describe(options.kind, summary, rows));
    } finally {
      rows.dispose();
    }
    return 0;
  });
}

function chooseChecks({ kind, psp }: ImportCheckOptions): ImportChecks {
  if (kind === 'customers') {
    const { genders, tagSeparator } = importSettingsSchema.parse({});
    return {
      kind,
      findPrefectures: createPostalLookup(),
      genders: new Set(genders),
      tagSeparator,
      occupations: null,
      tags: null,
    };
  }
  if (psp === undefined) {
    throw new UnusableInputError(
      'import check cards needs --psp GMO, ZEUS or YAMATO',
      '--psp で決済代行会社を指定してください',
    );
  }
  const month = businessDateOf(new Date().toISOString()).slice(0, 7);
  return { kind, service: psp, hasCustomer: null, month };
}

function describe(
  kind: ImportKind,
  summary: CheckSummary,
  rows: JsonList<CheckedImportRow>,
): string {
  const count = (n: number) => `${n.toLocaleString('en-US')} 件`;
  const lines = [
    importKindsJa[kind],
    `件数        ${count(summary.rows)}`,
    `取込可能    ${count(summary.good)} (うち注意 ${count(summary.warned)})`,
    `エラー      ${count(summary.failed)}`,
    ...summary.remarks.map((remark) => `注意  ${remark}`),
  ];
  const textsOf = (remarks: readonly RowRemark[]) => remarks.map(({ text }) => text);
  const shown = rows.first.map(({ line, errors, warnings }) => ({
    line,
    errors: textsOf(errors),
    warnings: textsOf(warnings),
  }));
  lines.push(...describeRows(shown));
  const rest = rows.count - rows.first.length;
  if (rest > 0) lines.push(`  ほか ${count(rest)} (--json ですべて表示します)`);
  return lines.join('\n');
}

import {
  type ExportFile,
  type ExportVerdict,
  judgeExports,
  labelOf,
  type OrderSource,
  rememberFiles,
} from '../billing/order-source.ts';
import { findCycle } from '../db/queries/cycles.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import {
  findNewestSourceFile,
  readSourceKnowledge,
  recordLook,
} from '../db/queries/order-source.ts';
import { findSettings } from '../db/queries/settings.ts';
import type { FileDrop } from '../outside/file-drop.ts';
import { dropBody } from '../outside/https.ts';
import { OutsideError, type OutsideProblem } from '../outside/outside-error.ts';
import {
  markOfAnswer,
  nameOfExport,
  openSourceFolder,
  requestExport,
  type SourceAccess,
} from './source-access.ts';

type Folder = Extract<OrderSource, { kind: 'directory' | 'sftp' }>;

export interface Judged {
  readonly file: ExportFile;
  readonly verdict: ExportVerdict;
}

/** Lists a folder and says which files are the month's, without taking any. */
export async function lookAtFolder(
  access: Pick<SourceAccess, 'db'>,
  drop: FileDrop,
  of: {
    readonly merchant: Merchant;
    readonly source: Folder;
    readonly cycleId: number | null;
    readonly month: string;
    readonly now: string;
    /** Whether the next look knows what this one saw. */
    readonly remembered: boolean;
  },
): Promise<Judged[]> {
  const { merchant, cycleId, month, now } = of;
  const { pattern } = of.source;
  const source = labelOf(of.source);
  const files = await drop.list();
  const known = await readSourceKnowledge(access.db, merchant.id, { source, cycleId });
  if (of.remembered) {
    const seen = rememberFiles(files, { seen: known.seen, now, pattern });
    await recordLook(access.db, merchant.id, { source, seen, now });
  }
  return judgeExports({ month, pattern, now, files, ...known });
}

/** What a try of the settings found, for the one who wrote them. */
export type SourceTest =
  | { readonly works: true; readonly files: readonly Judged[] }
  | { readonly works: false; readonly problem: OutsideProblem; readonly detail: string };

/** Connects now and says what the month would take. Takes nothing, and no later look knows of it. */
export async function testOrderSource(
  access: SourceAccess,
  merchant: Merchant,
  { month, now }: { readonly month: string; readonly now: string },
): Promise<SourceTest> {
  const source = (await findSettings(access.db, merchant.id))?.settings.orderSource;
  if (source === undefined || source.kind === 'upload') return { works: true, files: [] };
  const cycleId = (await findCycle(access.db, merchant.id, month))?.id ?? null;
  try {
    if (source.kind === 'https') {
      return {
        works: true,
        files: await testAddress(access, merchant, source, { month, cycleId }),
      };
    }
    const drop = await openSourceFolder(access, merchant, source);
    try {
      const of = { merchant, source, cycleId, month, now, remembered: false };
      return { works: true, files: await lookAtFolder(access, drop, of) };
    } finally {
      await drop.close();
    }
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    return { works: false, problem: error.problem, detail: error.ja };
  }
}

/** `testOrderSource` over the connections and keys of one process. */
export function sourceTester(access: SourceAccess) {
  return (merchant: Merchant, of: { readonly month: string; readonly now: string }) =>
    testOrderSource(access, merchant, of);
}

async function testAddress(
  access: SourceAccess,
  merchant: Merchant,
  source: Extract<OrderSource, { kind: 'https' }>,
  { month, cycleId }: { readonly month: string; readonly cycleId: number | null },
): Promise<Judged[]> {
  const name = nameOfExport(source, month);
  const of = { cycleId: cycleId ?? 0, source: labelOf(source), name };
  const known = await findNewestSourceFile(access.db, merchant.id, of);
  const answer = await requestExport(access, merchant, source, { month, mark: known?.mark });
  await dropBody(answer);
  requireExport(answer.status);
  if (answer.status === 304) return known === undefined ? [] : [{ file: known, verdict: 'taken' }];
  const bytes = Number(answer.headers['content-length'] ?? 0);
  return [{ file: { name, bytes, mark: markOfAnswer(answer) ?? '' }, verdict: 'take' }];
}

/** Whether an answer says that there is no export, or none any more. */
export function isMissing(status: number): boolean {
  return status === 404 || status === 410 || status === 204;
}

/** @throws OutsideError unless the answer is an export or says that nothing changed */
export function requireExport(status: number): void {
  if (status === 200 || status === 304) return;
  const problem =
    status === 401 || status === 403 ? 'login_refused' : isMissing(status) ? 'missing' : 'refused';
  const ja = {
    login_refused: `認証が拒否されました（HTTP ${status}）。登録済みの秘密情報を確かめてください。`,
    missing: `注文CSVがまだありません（HTTP ${status}）。次の確認を待ちます。`,
    refused: `注文CSVを取得できません（HTTP ${status}）。リダイレクトには従いません。URLを確かめてください。`,
  }[problem];
  throw new OutsideError(problem, `The order source answered ${status}.`, {
    ja: `${ja}何も保存していません。`,
    mayHaveReached: true,
  });
}

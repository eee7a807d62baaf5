import { labelOf, type OrderSource, STILL_FOR_MS, tellsMonth } from '../billing/order-source.ts';
import { requireCycle } from '../db/queries/cycles.ts';
import { postNotice } from '../db/queries/notices.ts';
import {
  findNewestSourceFile,
  listPendingExports,
  noteSourceError,
  readSourceKnowledge,
} from '../db/queries/order-source.ts';
import { readUnchanged } from '../outside/file-drop.ts';
import { dropBody } from '../outside/https.ts';
import { OutsideError } from '../outside/outside-error.ts';
import type { OfCycle } from './acts.ts';
import { isMissing, lookAtFolder, requireExport } from './look-at-source.ts';
import { loadMerchantWithSettings } from './merchant.ts';
import {
  markOfAnswer,
  nameOfExport,
  openSourceFolder,
  requestExport,
  type SourceAccess,
} from './source-access.ts';
import { takeExport, type Visit } from './take-export.ts';

/** A source that is away for a moment is nobody's business. */
const NOTICE_AFTER_MS = 3_600_000;

export interface FetchedExports {
  /** Stored exports that the month has not read, in the order in which to read them. */
  readonly sha256s: readonly string[];
  /** ISO instant of the next look; null when people hand the exports in. */
  readonly nextLookAt: string | null;
}

/**
 * Looks at the merchant's order source, stores what is new for the month, and says what the month has
 * not read. A source that cannot be reached, or gives something else than an export, fails nothing:
 * it is noted, shown and looked at again.
 */
export async function fetchExports(access: SourceAccess, of: OfCycle): Promise<FetchedExports> {
  const { merchant, current } = await loadMerchantWithSettings(access, of.merchant);
  const { id: cycleId } = await requireCycle(access.db, merchant.id, of.month);
  const { settings, version: settingsVersion } = current;
  const visit = { access, merchant, settings, cycleId, month: of.month, now: of.now };
  const { orderSource: source } = settings;
  const nextLookAt = source.kind === 'upload' ? null : await visitSource(visit, source);
  const sha256s = await listPendingExports(access.db, merchant.id, { cycleId, settingsVersion });
  return { sha256s, nextLookAt };
}

async function visitSource(
  visit: Visit,
  source: Exclude<OrderSource, { kind: 'upload' }>,
): Promise<string> {
  let problem: OutsideError | null = null;
  let settling = false;
  try {
    settling = await (source.kind === 'https'
      ? fetchFromAddress(visit, source)
      : fetchFromFolder(visit, source));
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    problem = error;
  }
  await noteEnd(visit, labelOf(source), problem);
  const pauseMs = source.pollMinutes * 60_000;
  const afterMs = settling ? Math.min(STILL_FOR_MS, pauseMs) : pauseMs;
  return new Date(Date.parse(visit.now) + afterMs).toISOString();
}

/** @returns whether a file of the month is still being written */
async function fetchFromFolder(
  visit: Visit,
  source: Extract<OrderSource, { kind: 'directory' | 'sftp' }>,
): Promise<boolean> {
  const drop = await openSourceFolder(visit.access, visit.merchant, source);
  try {
    const judged = await lookAtFolder(visit.access, drop, { ...visit, source, remembered: true });
    let settling = judged.some(({ verdict }) => verdict === 'settling');
    for (const { file, verdict } of judged) {
      if (verdict !== 'take') continue;
      try {
        const known = { source: labelOf(source), ...file };
        await takeExport(visit, known, readUnchanged(drop, file));
      } catch (error) {
        // Its next version is judged by the next look like any new file.
        if (!(error instanceof OutsideError) || error.problem !== 'changed') throw error;
        settling = true;
      }
    }
    return settling;
  } finally {
    await drop.close();
  }
}

async function fetchFromAddress(
  visit: Visit,
  source: Extract<OrderSource, { kind: 'https' }>,
): Promise<boolean> {
  const { access, merchant, cycleId, month } = visit;
  const label = labelOf(source);
  const name = nameOfExport(source, month);
  const known = await findNewestSourceFile(access.db, merchant.id, {
    cycleId,
    source: label,
    name,
  });
  const answer = await requestExport(access, merchant, source, { month, mark: known?.mark });
  if (answer.status !== 200) {
    await dropBody(answer);
    // What the month has may be taken away at the source: then there is nothing newer, and that is all.
    if (known === undefined || !isMissing(answer.status)) requireExport(answer.status);
    return false;
  }
  const mark = markOfAnswer(answer);
  const notNews = new Set(known === undefined ? [] : [known.mark]);
  if (!tellsMonth(source)) {
    const of = { source: label, cycleId };
    const { takenBefore } = await readSourceKnowledge(access.db, merchant.id, of);
    for (const file of takenBefore) notNews.add(file.mark);
  }
  if (mark !== undefined && notNews.has(mark)) await dropBody(answer);
  else await takeExport(visit, { source: label, name, bytes: null, mark, notNews }, answer.body);
  return false;
}

async function noteEnd(visit: Visit, source: string, problem: OutsideError | null): Promise<void> {
  const { access, merchant, now } = visit;
  const error = problem?.ja ?? null;
  const errorAt = await noteSourceError(access.db, merchant.id, { source, error, now });
  if (problem === null || errorAt === null) return;
  const lasts = Date.parse(now) - Date.parse(errorAt) >= NOTICE_AFTER_MS;
  if (problem.isPassing && !lasts) return;
  await postNotice(access.db, merchant.id, {
    key: `order-source:${problem.problem}:${errorAt}`,
    kind: 'order-source',
    subject: '注文CSVの取得先に接続できません',
    text: `${problem.ja}接続は自動で繰り返します。急ぐ場合は注文CSVを画面からアップロードしてください。`,
    link: 'order-source',
    now,
  });
}

import { type CaptureRule, capturingAt } from '../billing/capture-policy.ts';
import { type ExchangeName, exchangeFileName } from '../billing/exchange.ts';
import { type Db, lockMerchant, type Trx } from '../db/database.ts';
import { type LinesToClaim, stageLines } from '../db/lines-to-claim.ts';
import { claimAttempts, listPlannedLines } from '../db/queries/auth-file.ts';
import {
  claimCaptures,
  haveOtherAmounts,
  listCapturableLines,
} from '../db/queries/capture-file.ts';
import { haveLockedCards } from '../db/queries/card-locks.ts';
import { requireCycle } from '../db/queries/cycles.ts';
import { insertExchange, nextExchangeNumber } from '../db/queries/exchanges.ts';
import { type FileLine, insertFileLines, listReturnedLines } from '../db/queries/file-lines.ts';
import { storeFile } from '../db/queries/files.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { claimCaptureWave } from '../db/queries/portal-captures.ts';
import { haveReplaced, listRetryLines } from '../db/queries/retry-file.ts';
import { findSettings } from '../db/queries/settings.ts';
import { refreshStatistics } from '../db/statistics.ts';
import type { TransactionFileKind } from '../psp/paygent/layouts.ts';
import {
  encodeTransactionFiles,
  type TransactionFileOptions,
  type TransactionRecord,
} from '../psp/paygent/transaction-file.ts';
import type { OfCycle } from './acts.ts';
import { areCleared } from './clearance.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { holdDoubledCaptures } from './doubled-captures.ts';
import {
  loadMerchant,
  loadMerchantWithSettings,
  requirePaygentId,
  requirePaygentInUse,
} from './merchant.ts';

/** What differs between the files that bill: which charges stand in them, and what they claim. */
interface FileSource {
  readonly fileKind: TransactionFileKind;
  /** The table of the claims. */
  readonly claims: 'attempts' | 'endings';
  list(
    db: Db,
    merchantId: number,
    page: {
      cycleId: number;
      now: string;
      limit: number;
      askedAt: string | null;
      rule: CaptureRule;
      after: number;
    },
  ): Promise<FileLine[]>;
  claim(
    trx: Trx,
    merchantId: number,
    claim: { exchangeId: number; now: string },
    lines: LinesToClaim,
  ): Promise<number>;
}

export type BilledKind = 'auth' | 'capture' | 'retry';

const sources: Readonly<Record<BilledKind, FileSource>> = {
  auth: {
    fileKind: 'authorization',
    claims: 'attempts',
    list: listPlannedLines,
    claim: claimAttempts,
  },
  // Laid out as an authorization: only who asked for it differs.
  retry: {
    fileKind: 'authorization',
    claims: 'attempts',
    list: listRetryLines,
    claim: claimAttempts,
  },
  capture: {
    fileKind: 'capture',
    claims: 'endings',
    list: listCapturableLines,
    claim: claimCaptures,
  },
};

export interface BuiltFiles {
  readonly files: number;
  /** Some charges were left out, because they must be shown (and approved) again first. */
  readonly uncleared: boolean;
}

/**
 * Each file is claimed with its ledger in one transaction before it can leave. After a crash it goes
 * on with the charges that are not claimed yet.
 *
 * @param which `askedAt`: also what came back refused before a person asked; null = nobody did.
 *   `returnedFrom`: only what a cancelled exchange carried and nobody holds back.
 * @param onFile called once a file is claimed, before the next is built; must be safe to leave out
 */
export async function buildFiles(
  deps: ActivityDependencies,
  of: OfCycle & { kind: BilledKind },
  which: { readonly askedAt: string | null } | { readonly returnedFrom: number },
  onFile?: (file: ExchangeName) => Promise<void>,
): Promise<BuiltFiles> {
  const merchant = await loadMerchant(deps, of.merchant);
  const source = sources[of.kind];
  const cycle = await requireCycle(deps.db, merchant.id, of.month);
  const name = { billingMonth: of.month, kind: of.kind };
  let rows = 0;
  let files = 0;
  let after = 0;
  for (;;) {
    // For each file anew: the claim of the one before may have waited for minutes.
    const { current } = await loadMerchantWithSettings(deps, of.merchant);
    const { maxRecordsPerFile, width, transport } = current.settings.paygent;
    const settingsVersion = current.version;
    const options = {
      kind: source.fileKind,
      merchantId: requirePaygentId(current),
      maxRecords: maxRecordsPerFile,
      width,
    };
    const page = { cycleId: cycle.id, now: of.now, limit: maxRecordsPerFile };
    const { rule } = capturingAt(current.settings, of.now);
    const waiting =
      'returnedFrom' in which
        ? await listReturnedLines(deps.db, merchant.id, { ...page, exchangeId: which.returnedFrom })
        : await source.list(deps.db, merchant.id, {
            ...{ ...page, rule, after, askedAt: which.askedAt },
          });
    if (of.kind === 'capture' && current.settings.capture.by === 'portal' && waiting.length > 0) {
      await listForPortal(deps, merchant, { ...page, settingsVersion, month: of.month }, waiting);
      files += 1;
      continue;
    }
    if (waiting.length === 0) {
      await refreshStatistics(deps.db, rows, [source.claims, 'file_lines']);
      return { files, uncleared: false };
    }
    if (of.kind !== 'capture') requirePaygentInUse(current);
    if (of.kind === 'auth' && !(await areCleared(deps.db, merchant.id, waiting))) {
      return { files, uncleared: true };
    }
    const number = await nextExchangeNumber(deps.db, merchant.id, name);
    const file = await encodeFile(waiting, options);
    // Stored before anything is claimed: the same lines give the same bytes, so that a repetition
    // after a crash stores nothing new.
    const stored = await storeFile(deps.db, merchant.id, {
      name: exchangeFileName({ ...name, number }),
      kind: `${of.kind}-file`,
      direction: 'outbound',
      source: file.pieces,
      keys: deps.fileKeys,
      now: of.now,
      actor: 'tsukigime',
      maxBytes: Number.MAX_SAFE_INTEGER,
    });
    const exchange = {
      ...{ ...name, cycleId: cycle.id, transport, fileId: stored.fileId, now: of.now },
      ...{ records: file.lines.length, amountYen: file.amountYen, settingsVersion },
    };
    const claimed = await claimOrHold(deps, merchant, (trx) =>
      claimFile(trx, merchant, exchange, file.lines),
    );
    if (claimed === 'uncleared') return { files, uncleared: true };
    // What is outdated is listed again, as people want it by now.
    if (claimed === 'outdated' || claimed === 'held') continue;
    files += 1;
    await onFile?.({ ...name, number });
    rows += file.lines.length;
    after = file.lines.at(-1)?.position ?? after;
  }
}

/** The settings that say what is listed, and how it leaves. */
interface BuiltBy {
  readonly settingsVersion: number;
}

/** Whether a person has changed the settings since. Asked under the merchant's lock. */
async function haveChanged(trx: Trx, merchantId: number, by: BuiltBy): Promise<boolean> {
  return (await findSettings(trx, merchantId))?.version !== by.settingsVersion;
}

type Claimed = 'claimed' | 'uncleared' | 'outdated' | 'held';

/** Runs a claim in its transaction; where it held orders instead, people are told at once. */
async function claimOrHold(
  deps: ActivityDependencies,
  merchant: Merchant,
  claim: (trx: Trx) => Promise<Claimed>,
): Promise<Claimed> {
  const claimed = await deps.db.transaction().execute(claim);
  if (claimed === 'held') await deps.workflows.wakeMail(merchant);
  return claimed;
}

/** Claims what a file carries, if it may still carry that. */
async function claimFile(
  trx: Trx,
  merchant: Merchant,
  file: Parameters<typeof insertExchange>[2] &
    BuiltBy & { readonly kind: BilledKind; readonly cycleId: number },
  lines: readonly FileLine[],
): Promise<Claimed> {
  const { id: merchantId } = merchant;
  // Before the lock: meanwhile another file may be merged.
  const staged = await stageLines(trx, lines);
  await lockMerchant(trx, merchantId);
  if (await haveChanged(trx, merchantId, file)) return 'outdated';
  if (file.kind === 'auth' && !(await areCleared(trx, merchantId, lines))) return 'uncleared';
  if (file.kind === 'capture' && (await haveOtherAmounts(trx, merchantId, staged))) {
    return 'outdated';
  }
  const ofMonth = { ...file, month: file.billingMonth };
  if (file.kind === 'capture' && (await holdDoubledCaptures(trx, merchant, ofMonth, staged))) {
    return 'held';
  }
  const bills = sources[file.kind].claims === 'attempts';
  if (bills && (await haveLockedCards(trx, merchantId, staged))) return 'outdated';
  if (file.kind === 'retry' && (await haveReplaced(trx, merchantId, staged))) return 'outdated';
  const { id: exchangeId } = await insertExchange(trx, merchantId, file);
  const claim = { exchangeId, now: file.now };
  const claimed = await sources[file.kind].claim(trx, merchantId, claim, staged);
  const entered = await insertFileLines(trx, merchantId, exchangeId, staged);
  if (claimed !== lines.length || entered !== lines.length) {
    throw new Error('the claims of a file must be as many as its lines');
  }
  return 'claimed';
}

/** The operator's list instead of a file: claimed all the same, so that nothing else takes the charges. */
async function listForPortal(
  deps: ActivityDependencies,
  merchant: Merchant,
  wave: BuiltBy & Parameters<typeof holdDoubledCaptures>[2],
  lines: readonly FileLine[],
): Promise<void> {
  await claimOrHold(deps, merchant, async (trx) => {
    await lockMerchant(trx, merchant.id);
    // They are listed again, as people want it by now.
    if (await haveChanged(trx, merchant.id, wave)) return 'outdated';
    if (await haveOtherAmounts(trx, merchant.id, lines)) return 'outdated';
    if (await holdDoubledCaptures(trx, merchant, wave, lines)) return 'held';
    await claimCaptureWave(trx, merchant.id, wave, lines);
    return 'claimed';
  });
}

/** One file of the first lines that fit into it; the rest stands in the next. */
async function encodeFile(
  waiting: readonly FileLine[],
  options: TransactionFileOptions,
): Promise<{ pieces: AsyncIterable<Uint8Array>; lines: readonly FileLine[]; amountYen: number }> {
  const pieces: Uint8Array[] = [];
  for await (const event of encodeTransactionFiles(recordsOf(waiting), options)) {
    if (event.kind === 'bytes') pieces.push(event.bytes);
    if (event.kind === 'refused') {
      // Collection set aside what does not fit: only a layout narrowed since then brings us here.
      const fields = event.findings.map((finding) => finding.field).join(', ');
      throw new Error(`order ${event.record.orderNumber} does not fit the layout: ${fields}`);
    }
    if (event.kind === 'completed') {
      return {
        pieces: (async function* () {
          yield* pieces;
        })(),
        lines: waiting.slice(0, event.records),
        amountYen: event.amountYen,
      };
    }
  }
  throw new Error('a file without lines');
}

/** One at a time: a file may hold 200,000 of them. */
function* recordsOf(lines: readonly FileLine[]): Generator<TransactionRecord> {
  for (const { orderNumber, yen, previousOrderNumber, customerNumber } of lines) {
    yield { orderNumber, amountYen: yen, previousOrderNumber, customerNumber };
  }
}

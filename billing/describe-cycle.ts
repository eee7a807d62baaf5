import { formatJstMinute } from './business-date.ts';
import type { ChargeState } from './charge.ts';
import {
  type ChargesByState,
  type CycleFacts,
  isAsked,
  isToPreview,
  needsAttention,
  ngForPeople,
} from './cycle.ts';
import { formatYen } from './money.ts';

/** What the cycle is waiting for or doing, as an operator reads it. */
export function describeCycle(facts: CycleFacts): string {
  if (facts.trouble !== null) {
    return `処理が止まっています: ${facts.trouble}原因を取り除き、「再開」を実行してください。`;
  }
  return `${describeStage(facts)}${describeLists(facts)}${describeLastDay(facts)}${describeContradictions(facts)}${describeStrays(facts)}`;
}

function describeStage(facts: CycleFacts): string {
  switch (facts.stage) {
    case 'collecting':
      return facts.collected
        ? '注文を取り込みました。請求対象を選定しています。'
        : facts.watchesSource
          ? '注文CSVを待っています。取り込み元を定期的に確認しています。アップロードもできます。'
          : '注文CSVのアップロードを待っています。';
    case 'previewing':
      return isToPreview(facts)
        ? '請求の内容を前月と比べています。'
        : `請求する注文の指定を待っています(請求対象 ${facts.unbilled} 件)。`;
    case 'awaiting_approval':
      return describeApproval(facts);
    case 'handing_over':
      return 'オーソリ用CSVを作成しています。';
    case 'awaiting_result':
    case 'reconciling':
      return `${describeHandOver(facts)}オーソリ結果を待っています(結果待ちファイル ${facts.exchanges.open} 件)。${describeOpenRows(facts)}${describeReturned(facts)}`;
    case 'capturing':
      return `${describeHandOver(facts)}${describeCapture(facts)}(${listCounts(facts, IN_CAPTURE)})。${describeOpenRows(facts)}${describeReturned(facts)}${describeUnbilled(facts)}`;
    case 'working_ng':
      return describeOpenCases(facts);
    case 'closing':
      return '締め処理中です。';
    case 'closed':
      return `${isEmpty(facts.charges) ? '請求対象の注文は0件でした。ファイルは作成していません。' : ''}この月の請求は締め済みです。${describeCorrections(facts)}`;
    case 'stopped':
      return '停止中です。';
  }
}

function describeCorrections({ openCorrections }: CycleFacts): string {
  return openCorrections > 0
    ? `締めた後の訂正が ${openCorrections} 件あります。内容を確かめ、確認済みにしてください。`
    : '';
}

function describeApproval(facts: CycleFacts): string {
  const { approval } = facts;
  if (approval === null || !approval.current)
    return '請求の内容が変わりました。確認しなおしています。';
  const { n, rows, yen, why } = approval;
  return `請求 ${rows} 件、${formatYen(yen)}の承認を待っています。${why}プレビュー ${n} を確かめ、承認するか差し戻してください。承認するまでファイルは作成しません。${describeHandOver(facts)}`;
}

function describeCapture({ capture, charges }: CycleFacts): string {
  if (capture.due) return '売上処理中です';
  const inFiles = charges.capture_sent?.rows ?? 0;
  if (inFiles > 0 && (charges.authorized?.rows ?? 0) === 0) return '売上処理の結果を待っています';
  if (capture.policy === 'manual') return '売上処理する請求の指定を待っています';
  return capture.nextWaveAt === null
    ? '商品の発送を待っています'
    : `売上ファイルを ${formatJstMinute(capture.nextWaveAt)} に作成します`;
}

/** Orders that came or were left over after the month's runs. */
function describeUnbilled({ unbilled }: CycleFacts): string {
  return unbilled > 0
    ? `まだ請求していない注文が ${unbilled} 件あります。追加で請求するか、保留にしてください。`
    : '';
}

/**
 * Charges that came back from a file that billed nobody. No machine takes them into another one: the
 * cause must be gone first.
 */
function describeReturned(facts: CycleFacts): string {
  const planned = waitingForFile(facts);
  const captures = facts.captureRefused;
  if (facts.openRuns > 0 || (planned <= 0 && captures === 0)) return '';
  const kinds = [...(planned > 0 ? ['オーソリ'] : []), ...(captures > 0 ? ['売上'] : [])].join(
    '・',
  );
  return `ファイルに入っていない${kinds}が ${Math.max(planned, 0) + captures} 件あります。原因を確かめ、ファイルを作り直してください。`;
}

/** `locked` is missing where an older worker has read the facts. */
function waitingForFile({ charges, held, locked = 0 }: CycleFacts): number {
  return (charges.planned?.rows ?? 0) - held - locked;
}

/** Whose turn it is: nothing happens at the PSP before the operator's upload. */
function describeHandOver({ exchanges: { toHandOver, stuck } }: CycleFacts): string {
  const uploads =
    toHandOver > 0 ? `ファイル ${toHandOver} 件のアップロードと受付番号の記録が必要です。` : '';
  return stuck > 0 ? `${uploads}自動で送信できないファイルが ${stuck} 件あります。` : uploads;
}

function isEmpty(charges: ChargesByState): boolean {
  return Object.values(charges).every((count) => count.rows === 0);
}

type Counted = readonly [label: string, count: (facts: CycleFacts) => number];

const inState = (label: string, state: ChargeState): Counted => [
  label,
  (facts) => facts.charges[state]?.rows ?? 0,
];

const IN_CAPTURE: readonly Counted[] = [
  inState('オーソリ結果待ち', 'sent'),
  inState('売上処理待ち', 'authorized'),
  inState('売上結果待ち', 'capture_sent'),
];

/** Declined charges that the NG desk works by itself. */
function ngInHand(facts: CycleFacts): number {
  return (facts.charges.declined?.rows ?? 0) - ngForPeople(facts);
}

/** What people have to settle, also while files of the month are still on their way. */
const OPEN_BESIDE: readonly Counted[] = [
  ['NG', ngForPeople],
  inState('結果不明', 'unknown'),
  inState('要確認', 'quarantined'),
  inState('期限切れ', 'expired'),
  ['保留', (facts) => facts.held],
  ['カード利用停止中', (facts) => facts.locked ?? 0],
];

const OPEN_CASES: readonly Counted[] = [
  ...OPEN_BESIDE,
  ['売上未計上', (facts) => facts.captureRefused],
  ['未送信', waitingForFile],
];

const IN_FILES: readonly Counted[] = [
  ['NG対応中', ngInHand],
  inState('取消待ち', 'void_sent'),
  inState('オーソリ結果待ち', 'sent'),
  inState('売上結果待ち', 'capture_sent'),
];

/** Only what there is, so that nobody looks for zero cases. */
function listCounts(facts: CycleFacts, counted: readonly Counted[]): string {
  const found = counted.filter(([, count]) => count(facts) > 0);
  const listed = found.map(([label, count]) => `${label} ${count(facts)} 件`);
  return listed.length > 0 ? listed.join('、') : '残り 0 件';
}

function describeOpenRows(facts: CycleFacts): string {
  return OPEN_BESIDE.some(([, count]) => count(facts) > 0)
    ? `あわせて対応が必要です(${listCounts(facts, OPEN_BESIDE)})。`
    : '';
}

function describeOpenCases(facts: CycleFacts): string {
  return needsAttention(facts)
    ? `${describeHandOver(facts)}対応が必要です(${listCounts(facts, [...OPEN_CASES, ...IN_FILES])})。${describeReturned(facts)}${describeUnbilled(facts)}`
    : `結果を待っています(${listCounts(facts, IN_FILES)})。${describeUnbilled(facts)}`;
}

/** Whatever the stage: someone may have been charged without being asked for. */
function describeStrays({ strays }: CycleFacts): string {
  return strays > 0
    ? `結果ファイルに、送信していない行が ${strays} 件あります。身に覚えのない請求の可能性があるため、「要確認」で1件ずつ確かめてください。確かめるまで締められません。`
    : '';
}

/**
 * Whatever the stage: someone may have been charged twice, or a void was said to be done that was not.
 * `undoneVoids` is missing where an older worker has read the facts.
 */
function describeContradictions({ contradictions, undoneVoids = 0 }: CycleFacts): string {
  const others = contradictions - undoneVoids;
  const voids =
    undoneVoids > 0
      ? `「取消済」と記録したのに、ペイジェントでは取り消されていないオーソリが ${undoneVoids} 件あります。情報照会から取り消すか、どうするかを決めて、「要確認」に記録してください。それまで請求も売上処理も行いません。`
      : '';
  return others > 0
    ? `${voids}記録と矛盾する結果が ${others} 件あります。二重請求の可能性があるため、ペイジェントの画面で確認し、必要なら取り消して、「要確認」に記録してください。それまで請求も売上処理も行いません。`
    : voids;
}

/** What an operator does on the portal by a list, whatever the stage. */
function describeLists({ portalCaptures, charges }: CycleFacts): string {
  const voids = charges.void_sent?.rows ?? 0;
  const captures =
    portalCaptures > 0
      ? `売上処理リストに ${portalCaptures} 件あります。ペイジェントの情報照会から「一括売上処理」を行い、結果を記録してください。`
      : '';
  return voids > 0
    ? `${captures}取消リストに ${voids} 件あります。ペイジェントの情報照会で取り消し、結果を記録してください。`
    : captures;
}

/** Authorizations that end within days, where the settings leave the decision to people. */
function describeLastDay(facts: CycleFacts): string {
  const { rows, yen, expiresOn } = facts.deadlines.lastDay;
  return isAsked(facts)
    ? `売上処理されていないオーソリ ${rows} 件(${formatYen(yen)})の期限が近づいています(最も早いもので ${expiresOn} に期限切れ)。売上処理するか、取り消すかを決めてください。`
    : '';
}

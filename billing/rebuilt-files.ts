import type { CycleFacts } from './cycle.ts';
import type { ExchangeName, ExchangeStage } from './exchange.ts';

/** What a person who asked for new files is told when there are none. */

/** A file of the month, as far as it may keep charges from another one. */
export interface FileInTheWay extends Pick<ExchangeName, 'kind' | 'number'> {
  readonly stage: ExchangeStage;
}

/** Files that the sentence names; the others are on the month's page. */
const NAMED_FILES = 5;

/**
 * Why asking for new files built none, in an operator's words: a charge stands in one file at a time,
 * and in none while nobody knows what became of it.
 *
 * @param facts the month's counts at that moment
 */
export function explainNothingBuilt(
  of: {
    readonly kind: 'auth' | 'capture';
    readonly files: readonly FileInTheWay[];
    /** Something must be shown, and maybe approved, again first. */
    readonly uncleared: boolean;
  },
  facts: Pick<CycleFacts, 'charges' | 'held'>,
): string {
  const own = of.files.filter(({ kind }) => (kind === 'capture') === (of.kind === 'capture'));
  const unclear = own.filter(({ stage }) => stage === 'unknown');
  const onTheWay = own.filter(({ stage }) =>
    ['built', 'handing_over', 'awaiting_result', 'reconciling'].includes(stage),
  );
  const unsettled = (facts.charges.unknown?.rows ?? 0) + (facts.charges.quarantined?.rows ?? 0);
  const why = [
    of.uncleared && '請求の内容が変わったため、もう一度プレビューで確認してから作成します。',
    unclear.length > 0 &&
      `送信できたかどうか不明なファイルがあります(${listNames(unclear)})。その請求は、二重請求を防ぐため、届いたかどうかが記録されるまで別のファイルに入りません。先に「アップロード結果不明」の確認結果を記録してください。`,
    onTheWay.length > 0 && `処理中のファイルがあります(${listNames(onTheWay)})。`,
    unclear.length === 0 &&
      unsettled > 0 &&
      `結果不明・要確認の請求が ${unsettled} 件あります。先に結果を確定してください。`,
    facts.held > 0 && `保留中の注文が ${facts.held} 件あります。`,
  ].filter((sentence) => sentence !== false);
  if (why.length === 0) return '作り直す請求がないため、ファイルは作成していません。';
  return `ファイルは作成していません。${why.join('')}`;
}

function listNames(files: readonly FileInTheWay[]): string {
  const named = files.slice(0, NAMED_FILES).map(({ kind, number }) => `${kind}-${number}`);
  return `${named.join('、')}${files.length > NAMED_FILES ? ' ほか' : ''}`;
}

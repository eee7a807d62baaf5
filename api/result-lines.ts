import { CsvRecordSplitter } from '../billing/csv-records.ts';
import type { DeskItem } from '../billing/reconciliation-desk.ts';
import { detectEncoding, type TextEncoding } from '../billing/text-encoding.ts';
import { findExchange } from '../db/queries/exchanges.ts';
import { openFile } from '../db/queries/files.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { listResultFindings } from '../db/queries/result-file.ts';
import type { ResultRound } from '../db/queries/result-rounds.ts';
import type { ApiDependencies } from './dependencies.ts';

/** A physical line of a stored file, as it came. */
interface FileLine {
  readonly line: number;
  readonly text: string;
}

/** Enough to compare the rows of a doubled order. */
const MOST_LINES = 10;
/** A line of a transaction file is some 200 characters. */
const MOST_CHARACTERS = 2000;

/**
 * The lines behind an item of the reconciliation desk, as they stand in the files: what was sent, what
 * came back, and what is wrong with the result file as a whole. Served to operators, never logged.
 */
export async function readFileLines(
  deps: ApiDependencies,
  merchant: Merchant,
  item: DeskItem & { readonly exchangeId: number | null },
  rounds: readonly ResultRound[],
): Promise<{
  sentLine: string | null;
  resultLines: FileLine[];
  fileFindings: { line: number; nameJa: string; value: string; ja: string }[];
}> {
  const { exchange, exchangeId, line, resultLine, orderNumber } = item;
  if (exchange === null || exchangeId === null) {
    return { sentLine: null, resultLines: [], fileFindings: [] };
  }
  const sent = line === null ? undefined : await findExchange(deps.db, merchant.id, exchange);
  const [sentLine] =
    sent === undefined ? [] : await findLines(deps, merchant, sent.sha256, (at) => at === line);
  const round = rounds.find((one) => one.round === item.round) ?? rounds.at(-1);
  const wanted = round?.resultLine ?? resultLine;
  const isDoubled = item.reasons.some(({ code }) => code === 'duplicate_row');
  const resultLines =
    round === undefined || wanted === null
      ? []
      : await findLines(
          deps,
          merchant,
          round.sha256,
          (at, text) => at === wanted || (isDoubled && text.split(',').includes(orderNumber ?? '')),
        );
  const findings = await listResultFindings(deps.db, merchant.id, exchangeId);
  return {
    sentLine: sentLine?.text ?? null,
    resultLines,
    fileFindings: findings.map(({ line: at, nameJa, value, ja }) => ({
      line: at,
      nameJa,
      value,
      ja,
    })),
  };
}

/** The first lines of a stored file that are wanted; none of a file whose bytes are kept no longer. */
async function findLines(
  deps: ApiDependencies,
  merchant: Merchant,
  sha256: string,
  isWanted: (line: number, text: string) => boolean,
): Promise<FileLine[]> {
  const open = () => openFile(deps.db, merchant.id, sha256, deps.fileKeys);
  const file = await open();
  const again = await open();
  if (file === undefined || again === undefined || file.blanked) return [];
  const decode = createLenientDecoder(await detectEncoding(file.content));
  const splitter = new CsvRecordSplitter();
  const found: FileLine[] = [];
  const take = (records: ReturnType<CsvRecordSplitter['push']>) => {
    for (const { line, bytes } of records) {
      const text = decode(bytes);
      if (isWanted(line, text)) found.push({ line, text: text.slice(0, MOST_CHARACTERS) });
    }
  };
  for await (const chunk of again.content) {
    take(splitter.push(chunk));
    if (found.length >= MOST_LINES) return found.slice(0, MOST_LINES);
  }
  take(splitter.end());
  return found.slice(0, MOST_LINES);
}

/** For reading by people only: bytes that are no text are shown as such, not refused. */
function createLenientDecoder(encoding: TextEncoding): (bytes: Uint8Array) => string {
  const decoder = new TextDecoder(encoding === 'cp932' ? 'shift_jis' : 'utf-8');
  return (bytes) => decoder.decode(bytes);
}

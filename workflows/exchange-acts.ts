import { setHandler } from '@temporalio/workflow';
import type { FactsAfterAct, OfExchange } from '../activities/acts.ts';
import type { FileActivities, MainActivities } from '../activities/index.ts';
import {
  correctAcceptance,
  decideUnclear,
  handOverEarly,
  ingestResult,
  type OperatorAct,
  recordAcceptance,
  recordCompletion,
  recordFormatErrors,
  recordUnclear,
  settleLines,
  takeOutOrders,
  withdrawFile,
} from './messages.ts';
import { refuseUnless } from './refusals.ts';

/** An act whose answer is how the file's row is after it. */
type TakeAct = (
  act: OperatorAct,
  run: (of: OfExchange) => Promise<FactsAfterAct>,
) => Promise<FactsAfterAct>;

/** How the workflow of a file takes an act: what every activity of it is given, and what follows. */
export interface ActTaker {
  /** Runs it once the file's row is read; the month waits for other news. */
  readonly noted: TakeAct;
  /** The same, and the month is told. */
  readonly told: TakeAct;
  /** The same, for a file that left: the month is told when operators have no other in hand. */
  readonly left: TakeAct;
  /** The same, for what may end this file's turn: then it is another file's. */
  readonly freed: TakeAct;
  /** The same for an act that is answered with something else; without facts the row is read. */
  freedWith<Answer>(
    act: OperatorAct,
    run: (of: OfExchange) => Promise<{ answer: Answer; facts: FactsAfterAct | undefined }>,
  ): Promise<Answer>;
  /** Whether the round trip is over. */
  isFinished(): boolean;
}

/** Hears everything that people tell the workflow of a file. */
export function hearExchangeActs(
  { noted, told, left, freed, freedWith, isFinished }: ActTaker,
  short: MainActivities,
  files: FileActivities,
): void {
  const validator = (_act: unknown) =>
    refuseUnless(!isFinished(), 'このファイルの処理は完了しています。');

  setHandler(handOverEarly, (act) => told(act, (of) => short.handOverEarly(of)), { validator });
  setHandler(
    recordAcceptance,
    ({ acceptanceNumber, matched, ...act }) =>
      left(act, (of) => short.recordAcceptance({ ...of, acceptanceNumber, matched })),
    { validator },
  );
  setHandler(
    correctAcceptance,
    ({ acceptanceNumber, ...act }) =>
      told(act, (of) => short.correctAcceptance({ ...of, acceptanceNumber })),
    { validator },
  );
  setHandler(
    recordFormatErrors,
    ({ errors, ...act }) => freed(act, (of) => short.recordFormatErrors({ ...of, errors })),
    { validator },
  );
  setHandler(recordUnclear, (act) => told(act, (of) => short.recordUnclear(of)), { validator });
  setHandler(
    decideUnclear,
    ({ acceptanceNumber, ...act }) =>
      freed(act, (of) => short.decideUnclear({ ...of, acceptanceNumber })),
    { validator },
  );
  setHandler(withdrawFile, (act) => freed(act, (of) => short.withdrawFile(of)), { validator });
  setHandler(
    takeOutOrders,
    ({ orderNumbers, ...act }) =>
      freedWith(act, async (of) => {
        const taken = await short.takeOutOrders({ ...of, orderNumbers });
        const { merchant, exchange, now } = of;
        const { kind } = exchange;
        const facts = undefined;
        if (kind === 'link' || kind === 'refresh') return { answer: { ...taken, files: 0 }, facts };
        const month = { merchant, month: exchange.billingMonth, now };
        const built = await files.buildReturnedFiles({ ...month, exchange: { ...exchange, kind } });
        await short.startExchanges(month);
        return { answer: { ...taken, ...built }, facts };
      }),
    { validator },
  );
  setHandler(recordCompletion, (act) => noted(act, (of) => short.recordCompletion(of)), {
    validator,
  });
  // At any stage: what a late result says against the record is the sign of a double billing.
  setHandler(ingestResult, ({ sha256, ...act }) =>
    freedWith(act, async (of) => {
      const { file: facts, ...answer } = await files.ingestResult({ ...of, sha256 });
      return { answer, facts };
    }),
  );
  setHandler(
    settleLines,
    ({ orderNumbers, outcome, ...act }) =>
      freed(act, (of) => short.settleLines({ ...of, orderNumbers, outcome })),
    { validator },
  );
}

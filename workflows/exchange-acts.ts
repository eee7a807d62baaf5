import { setHandler } from '@temporalio/workflow';
import type { OfExchange } from '../activities/acts.ts';
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

/** How the workflow of a file takes an act: when it may, and what follows. */
export interface ActTaker {
  /** What every activity of an act is given, at this moment of the business clock. */
  of(act: OperatorAct): OfExchange;
  /** Runs it once the file's row is read, which is then read again; the month waits for other news. */
  noted<Result>(act: () => Promise<Result>): Promise<Result>;
  /** The same, and the month is told. */
  told<Result>(act: () => Promise<Result>): Promise<Result>;
  /** The same, for what may end this file's turn: then it is another file's. */
  freed<Result>(act: () => Promise<Result>): Promise<Result>;
  /** Whether the round trip is over. */
  isFinished(): boolean;
}

/** Hears everything that people tell the workflow of a file. */
export function hearExchangeActs(
  { of, noted, told, freed, isFinished }: ActTaker,
  short: MainActivities,
  files: FileActivities,
): void {
  const validator = (_act: unknown) =>
    refuseUnless(!isFinished(), 'このファイルの処理は完了しています。');

  setHandler(handOverEarly, (act) => told(() => short.handOverEarly(of(act))), { validator });
  setHandler(
    recordAcceptance,
    ({ acceptanceNumber, matched, ...act }) =>
      told(() => short.recordAcceptance({ ...of(act), acceptanceNumber, matched })),
    { validator },
  );
  setHandler(
    correctAcceptance,
    ({ acceptanceNumber, ...act }) =>
      told(() => short.correctAcceptance({ ...of(act), acceptanceNumber })),
    { validator },
  );
  setHandler(
    recordFormatErrors,
    ({ errors, ...act }) => freed(() => short.recordFormatErrors({ ...of(act), errors })),
    { validator },
  );
  setHandler(recordUnclear, (act) => told(() => short.recordUnclear(of(act))), { validator });
  setHandler(
    decideUnclear,
    ({ acceptanceNumber, ...act }) =>
      freed(() => short.decideUnclear({ ...of(act), acceptanceNumber })),
    { validator },
  );
  setHandler(withdrawFile, (act) => freed(() => short.withdrawFile(of(act))), { validator });
  setHandler(
    takeOutOrders,
    ({ orderNumbers, ...act }) =>
      freed(async () => {
        const about = of(act);
        const taken = await short.takeOutOrders({ ...about, orderNumbers });
        const { merchant, exchange, now } = about;
        const { kind } = exchange;
        if (kind === 'link' || kind === 'refresh') return { ...taken, files: 0 };
        const month = { merchant, month: exchange.billingMonth, now };
        const built = await files.buildReturnedFiles({ ...month, exchange: { ...exchange, kind } });
        await short.startExchanges(month);
        return { ...taken, ...built };
      }),
    { validator },
  );
  setHandler(recordCompletion, (act) => noted(() => short.recordCompletion(of(act))), {
    validator,
  });
  // At any stage: what a late result says against the record is the sign of a double billing.
  setHandler(ingestResult, ({ sha256, ...act }) =>
    freed(() => files.ingestResult({ ...of(act), sha256 })),
  );
  setHandler(
    settleLines,
    ({ orderNumbers, outcome, ...act }) =>
      freed(() => short.settleLines({ ...of(act), orderNumbers, outcome })),
    { validator },
  );
}

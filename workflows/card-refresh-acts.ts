import { setHandler } from '@temporalio/workflow';
import type { FileActivities, MainActivities } from '../activities/index.ts';
import type { OfRefreshAct } from '../activities/refresh-act.ts';
import type { Bell } from './bell.ts';
import type { OperatorAct } from './messages.ts';
import {
  closeRefresh,
  decideRefreshRequest,
  ingestRefreshResult,
  runRefreshNow,
} from './refresh-messages.ts';

/** Hears what people tell a month's card refresh. Whether it may be done, the month's row says. */
export function hearRefreshActs(
  taker: { of(act: OperatorAct): OfRefreshAct; readonly bell: Bell },
  short: MainActivities,
  files: FileActivities,
): void {
  const { of, bell } = taker;
  /** Every act ends the same way: the workflow reads its row again. */
  const noted = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    const value = await act();
    bell.ring();
    return value;
  };
  setHandler(runRefreshNow, (act) => noted(() => short.runRefreshNow(of(act))));
  setHandler(decideRefreshRequest, ({ arrived, ...act }) =>
    noted(() => short.decideRefreshRequest({ ...of(act), arrived })),
  );
  setHandler(closeRefresh, (act) => noted(() => short.closeRefresh(of(act))));
  setHandler(ingestRefreshResult, ({ sha256, ...act }) =>
    noted(() => files.ingestRefreshResult({ ...of(act), sha256 })),
  );
}

import { CHARGE_STATE_LABELS_JA } from '../../billing/charge.ts';
import { csvStart, encodeCsv, findUnwritable, writeCsv } from '../../billing/csv-writer.ts';
import { reportToCsv } from '../../billing/cycle-report.ts';
import { declineLabels } from '../../billing/decline.ts';
import { labelOfReason } from '../../billing/order-reasons.ts';
import { readCycleReport } from '../../db/queries/cycle-report.ts';
import { isLargeMonth } from '../../db/queries/month-size.ts';
import type { cycleReportRoutes } from '../contract/cycle-report.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { requireCycle } from './cycles.ts';

export const cycleReportHandlers: Handlers<typeof cycleReportRoutes> = {
  async readCycleReport({ deps, state, merchant, params }) {
    const cycle = await requireCycle(deps, merchant, params.month);
    const report = await state.counts.of(
      merchant.id,
      `report ${params.month} ${cycle.stage}`,
      await isLargeMonth(deps.db, merchant.id, cycle.id),
      () => readCycleReport(deps.db, merchant.id, cycle),
    );
    return {
      status: 200,
      body: {
        ...report,
        orders: report.orders.map((count) => ({ ...count, label: labelOfReason(count.reason) })),
        charges: report.charges.map((count) => ({
          ...count,
          label: CHARGE_STATE_LABELS_JA[count.state],
        })),
        exchanges: [...report.exchanges],
        declines: report.declines.map((count) => ({
          ...count,
          meaning: declineLabels[count.class],
        })),
      },
    };
  },

  async downloadCycleReport({ deps, merchant, params, query }) {
    const cycle = await requireCycle(deps, merchant, params.month);
    const report = await readCycleReport(deps.db, merchant.id, cycle);
    const { encoding } = query;
    const text = writeCsv(reportToCsv(report));
    if (findUnwritable(text, encoding) !== null) throw new Problem('text-not-writable');
    const content = Buffer.concat([csvStart(encoding), encodeCsv(text, encoding)]);
    return {
      status: 200,
      content: once(content),
      bytes: content.byteLength,
      fileName: `report-${params.month}.csv`,
    };
  },
};

async function* once(content: Buffer): AsyncGenerator<Buffer> {
  yield content;
}

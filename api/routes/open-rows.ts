import {
  BROKEN_REASONS,
  inOrderOfReasons,
  OPEN_REASONS,
  type OpenReason,
  openReasonWords,
} from '../../billing/open-rows.ts';
import { isLargeMonth } from '../../db/queries/month-size.ts';
import {
  countBrokenRows,
  countMovingRows,
  listOpenRows,
  type OpenRowCount,
} from '../../db/queries/open-rows.ts';
import type { openRowRoutes } from '../contract/open-rows.ts';
import type { Call, Handlers } from '../handler.ts';
import { requireCycle } from './cycles.ts';

/** Of fewer rows a page is not filled by a walk in their order: most of the month would be passed. */
const MANY_ROWS = 1000;

const SUMS_FOLLOW =
  '記録の件数と金額が合うかは、まだ集計していません。合わない行があっても、ここには含まれていません。';

export const openRowHandlers: Handlers<typeof openRowRoutes> = {
  async listOpenRows(call) {
    const { deps, state, merchant, params, query } = call;
    const { id: cycleId } = await requireCycle(deps, merchant, params.month);
    const { reason, after, limit, totals } = query;
    const large = await isLargeMonth(deps.db, merchant.id, cycleId);
    const name = `open rows ${params.month}`;
    const { moving, broken } = await countRows(call, { cycleId, large, name });
    const counts = inOrderOfReasons([...(moving ?? []), ...(broken ?? [])]);
    // What there is none of is not looked for again: the sums of a large month take a while.
    const reasons = OPEN_REASONS.filter((one) => {
      if (reason !== undefined && one !== reason) return false;
      if (moving === null && !BROKEN_REASONS.includes(one)) return true;
      return counts.some((count) => count.reason === one);
    });
    const walked =
      moving === null || counts.some((count) => count.reason === reason && count.rows >= MANY_ROWS);
    const list = { reasons, after: after === undefined ? null : readPlace(after), walked };
    const found =
      limit === 0
        ? []
        : await state.counts.of(
            merchant.id,
            `${name} ${JSON.stringify({ ...list, limit })}`,
            large,
            () => listOpenRows(deps.db, merchant.id, { cycleId, ...list, limit: limit + 1 }),
          );
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    return {
      status: 200,
      body: {
        reasons: totals
          ? counts.map((count) => ({ ...count, ...openReasonWords[count.reason] }))
          : null,
        pending: broken === null ? SUMS_FOLLOW : null,
        rows: page.map(({ key: _, ...row }) => row),
        nextAfter: last === undefined ? null : `${last.reason}/${last.key}`,
      },
    };
  },
};

/** What was asked for, and what is known besides; null is what nobody has counted. */
async function countRows(
  { deps, state, merchant, query }: Call<typeof openRowRoutes.listOpenRows>,
  of: { readonly cycleId: number; readonly large: boolean; readonly name: string },
): Promise<{
  readonly moving: readonly OpenRowCount[] | null;
  readonly broken: readonly OpenRowCount[] | null;
}> {
  const { reason, totals, sums } = query;
  const { cycleId, large, name } = of;
  const awaitsSums = (totals && sums) || (reason !== undefined && BROKEN_REASONS.includes(reason));
  const [moving, broken] = await Promise.all([
    state.counts[totals ? 'of' : 'ifKnown'](merchant.id, name, large, () =>
      countMovingRows(deps.db, merchant.id, cycleId),
    ),
    state.sums[awaitsSums ? 'of' : 'ifKnown'](merchant.id, name, large, () =>
      countBrokenRows(deps.db, merchant.id, cycleId),
    ),
  ]);
  return { moving, broken };
}

/** The contract has checked that it begins with a reason. */
function readPlace(place: string): { readonly reason: OpenReason; readonly key: string } {
  const end = place.indexOf('/');
  const reason = OPEN_REASONS.find((one) => one === place.slice(0, end)) ?? OPEN_REASONS[0];
  return { reason, key: place.slice(end + 1) };
}

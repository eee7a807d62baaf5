import { inOrderOfReasons, OPEN_REASONS, openReasonWords } from '../../billing/open-rows.ts';
import { isLargeMonth } from '../../db/queries/month-size.ts';
import { countBrokenRows, countMovingRows, listOpenRows } from '../../db/queries/open-rows.ts';
import type { openRowRoutes } from '../contract/open-rows.ts';
import type { Handlers } from '../handler.ts';
import { requireCycle } from './cycles.ts';

export const openRowHandlers: Handlers<typeof openRowRoutes> = {
  async listOpenRows({ deps, state, merchant, params, query }) {
    const { id: cycleId } = await requireCycle(deps, merchant, params.month);
    const { reason, after, limit } = query;
    const large = await isLargeMonth(deps.db, merchant.id, cycleId);
    const name = `open rows ${params.month}`;
    const counted = await Promise.all([
      state.counts.of(merchant.id, name, large, () =>
        countMovingRows(deps.db, merchant.id, cycleId),
      ),
      state.sums.of(merchant.id, name, large, () => countBrokenRows(deps.db, merchant.id, cycleId)),
    ]);
    const counts = inOrderOfReasons(counted.flat());
    // What there is none of is not looked for again: the sums of a large month take a while.
    const reasons = counts
      .map((count) => count.reason)
      .filter((one) => reason === undefined || one === reason);
    const found = await state.counts.of(
      merchant.id,
      `${name} ${JSON.stringify({ reasons, after, limit })}`,
      large,
      async () =>
        await listOpenRows(deps.db, merchant.id, {
          cycleId,
          reasons,
          after: after === undefined ? null : readPlace(after),
          limit: limit + 1,
        }),
    );
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    return {
      status: 200,
      body: {
        reasons: counts.map((count) => ({ ...count, ...openReasonWords[count.reason] })),
        rows: page.map(({ key: _, ...row }) => row),
        nextAfter: last === undefined ? null : `${last.reason}/${last.key}`,
      },
    };
  },
};

/** The contract has checked that it begins with a reason. */
function readPlace(place: string) {
  const end = place.indexOf('/');
  const reason = OPEN_REASONS.find((one) => one === place.slice(0, end)) ?? OPEN_REASONS[0];
  return { reason, key: place.slice(end + 1) };
}

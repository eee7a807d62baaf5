import {
  countResultChanges,
  listResultChanges,
  listResultRounds,
} from '../../db/queries/result-rounds.ts';
import type { resultChangeRoutes } from '../contract/result-changes.ts';
import type { Handlers } from '../handler.ts';
import { paginate } from './cycles.ts';
import { requireExchange } from './exchanges.ts';

export const resultChangeHandlers: Handlers<typeof resultChangeRoutes> = {
  async listResultChanges({ deps, merchant, params, query }) {
    const exchange = await requireExchange(deps, merchant, params);
    const of = { exchangeId: exchange.id, line: null };
    const latest = (await listResultRounds(deps.db, merchant.id, of)).length;
    const round = query.round ?? latest;
    if (round < 2 || round > latest) {
      return { status: 200, body: { round: null, counts: [], lines: [], nextAfter: null } };
    }
    const compared = { exchangeId: exchange.id, round };
    const page = { ...compared, afterLine: query.after, limit: query.limit + 1 };
    const rows = await listResultChanges(deps.db, merchant.id, page);
    const { page: lines, nextAfter } = paginate(rows, query.limit, (row) => row.lineNumber);
    const shown = lines.map(({ before, after, ...line }) => ({
      ...line,
      before: { ...before, reasons: [...before.reasons] },
      after: { ...after, reasons: [...after.reasons] },
    }));
    const counts = await countResultChanges(deps.db, merchant.id, compared);
    return { status: 200, body: { round, counts, lines: shown, nextAfter } };
  },
};

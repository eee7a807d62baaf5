import {
  allowedActions,
  type DeskAction,
  suggestActions,
  sumDecisions,
} from '../../billing/desk-decision.ts';
import {
  DESK_SHEET_KIND,
  deskSheetHeader,
  deskSheetRecord,
  judgeSheet,
  MOST_SHEET_ROWS,
  readDeskSheet,
} from '../../billing/desk-sheet.ts';
import type { ExchangeName } from '../../billing/exchange.ts';
import {
  adviseItem,
  chooseTellingMonth,
  compareFields,
  describeDifference,
  deskKindNames,
  parseDeskItem,
} from '../../billing/reconciliation-desk.ts';
import { UnusableFileError } from '../../billing/row-reason.ts';
import { detectEncoding } from '../../billing/text-encoding.ts';
import { listCycles } from '../../db/queries/cycles.ts';
import { openFile } from '../../db/queries/files.ts';
import type { Merchant } from '../../db/queries/merchants.ts';
import {
  countDeskItems,
  countWaiting,
  type DeskFilter,
  type FoundItem,
  findDeskDecisions,
  findDeskItems,
  listDeskItems,
} from '../../db/queries/reconciliation-desk.ts';
import { listResultRounds } from '../../db/queries/result-rounds.ts';
import { applyDeskSheet, decideAtDesk } from '../../workflows/messages.ts';
import { cycleWorkflowId } from '../../workflows/workflow-ids.ts';
import type { reconciliationDeskRoutes } from '../contract/reconciliation-desk.ts';
import { replyWithCsv } from '../csv-download.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { readFileLines } from '../result-lines.ts';
import { tellWorkflow } from '../tell-workflow.ts';
import { paginate } from './cycles.ts';

const SHOWN_PROBLEMS = 1000;

export const reconciliationDeskHandlers: Handlers<typeof reconciliationDeskRoutes> = {
  async listDeskItems({ deps, merchant, query }) {
    const { after, limit, ...filters } = query;
    const filter = toFilter(filters);
    const rows = await listDeskItems(deps.db, merchant.id, {
      filter,
      after: after ?? null,
      limit: limit + 1,
    });
    const { page, nextAfter } = paginate(rows, limit, ({ place }) => place);
    const byKind = await countDeskItems(deps.db, merchant.id, filter);
    const counts = Object.values(byKind);
    return {
      status: 200,
      body: {
        total: {
          rows: counts.reduce((sum, { rows: count }) => sum + count, 0),
          yen: counts.reduce((sum, { yen }) => sum + yen, 0),
        },
        byKind: { ...byKind },
        waiting: await countWaiting(deps.db, merchant.id, query.month ?? null),
        items: page.map(showItem),
        nextAfter,
      },
    };
  },

  async readDeskItem({ deps, merchant, params }) {
    const item = (await findDeskItems(deps.db, merchant.id, [params.item])).get(params.item);
    if (item === undefined) throw new Problem('desk-item-not-found');
    const decision = (await findDeskDecisions(deps.db, merchant.id, [item.item])).get(item.item);
    const { exchangeId } = item;
    const rounds =
      exchangeId === null
        ? []
        : await listResultRounds(deps.db, merchant.id, { exchangeId, line: item.line });
    return {
      status: 200,
      body: {
        ...showItem(item),
        advice: adviseItem(item),
        fields: compareFields(item),
        ...(await readFileLines(deps, merchant, item, rounds)),
        knownIn: item.knownIn?.map(showExchange) ?? null,
        rounds: rounds.map(({ sha256: _, resultLine: __, reasons, ...round }) => ({
          ...round,
          difference: reasons.map(({ ja }) => ja).join(' / '),
        })),
        decision: decision ?? null,
      },
    };
  },

  async decideDeskItems({ deps, identity, merchant, body, idempotencyKey }) {
    const { decisions, reason } = body;
    return await tellWorkflow(deps, {
      ...(await findTeller(deps, merchant, decisions[0]?.item ?? '')),
      update: decideAtDesk,
      act: { actor: identity.actor, idempotencyKey, reason, decisions },
    });
  },

  async downloadDeskSheet({ deps, merchant, query }) {
    const { encoding, after, ...filters } = query;
    const items = await listDeskItems(deps.db, merchant.id, {
      filter: toFilter(filters),
      after: after ?? null,
      limit: MOST_SHEET_ROWS,
    });
    return await replyWithCsv({
      fileName: 'reconciliation-desk.csv',
      encoding,
      head: deskSheetHeader,
      page: async (position, limit) =>
        items.slice(position, position + limit).map((item, at) => ({ item, at: position + at })),
      positionOf: ({ at }) => at + 1,
      rowOf: ({ item }) => deskSheetRecord(item),
    });
  },

  async previewDeskSheet({ deps, merchant, params }) {
    const { sheet, encoding } = await readStoredSheet(deps, merchant, params.sha256);
    const names = sheet.rows.map(({ item }) => item);
    const found = await findDeskItems(deps.db, merchant.id, names);
    const closed = names.filter((name) => found.get(name)?.open === false);
    const earlier = await findDeskDecisions(deps.db, merchant.id, closed);
    // The act brings a reason for the rows without one: what it is does not matter here.
    const { accepted, problems } = judgeSheet(sheet, found, earlier, '-');
    return {
      status: 200,
      body: {
        encoding,
        totals: sumDecisions(accepted),
        undecided: sheet.undecided,
        withoutReason: sheet.rows.filter(({ reason }) => reason === '').length,
        problems: problems.slice(0, SHOWN_PROBLEMS),
        problemCount: problems.length,
      },
    };
  },

  async applyDeskSheet({ deps, identity, merchant, params, body, idempotencyKey }) {
    const { sheet } = await readStoredSheet(deps, merchant, params.sha256);
    const { sha256 } = params;
    return await tellWorkflow(deps, {
      ...(await findTeller(deps, merchant, sheet.rows[0]?.item ?? '')),
      update: applyDeskSheet,
      act: { actor: identity.actor, idempotencyKey, sha256, ...body },
    });
  },
};

function toFilter({
  exchange,
  ...filter
}: Omit<DeskFilter, 'exchange'> & { readonly exchange?: string | undefined }): DeskFilter {
  const name = parseDeskItem(`line.${exchange}.1`);
  return name?.source === 'line' ? { ...filter, exchange: name.exchange } : filter;
}

function showItem(item: FoundItem) {
  return {
    item: item.item,
    kind: item.kind,
    kindName: deskKindNames[item.kind],
    month: item.month,
    exchange: item.exchange && showExchange(item.exchange),
    line: item.line,
    resultLine: item.resultLine,
    round: item.round,
    orderNumber: item.orderNumber,
    amountYen: item.amountYen,
    recorded: item.recorded,
    received: item.received,
    difference: describeDifference(item),
    reasons: item.reasons,
    open: item.open,
    inquiry: item.inquiry,
    suggestions: item.open ? suggestActions(item) : [],
    allowed: item.open ? allowedActions(item) : ([] as readonly DeskAction[]),
  };
}

function showExchange({ billingMonth, kind, number }: ExchangeName) {
  return { month: billingMonth, kind, number };
}

async function findTeller(deps: ApiDependencies, merchant: Merchant, item: string) {
  const cycles = await listCycles(deps.db, merchant.id, { open: true });
  const months = cycles.map(({ billingMonth }) => billingMonth);
  const month = chooseTellingMonth(months, item);
  if (month === null) {
    throw new Problem('conflict', {
      detail: '未締めの月がないため、要確認の項目はありません。何も変更していません。',
    });
  }
  return {
    workflowId: cycleWorkflowId(merchant.slug, month),
    location: `/v1/merchants/${merchant.slug}/reconciliation-desk`,
  };
}

async function readStoredSheet(deps: ApiDependencies, merchant: Merchant, sha256: string) {
  const open = async () => {
    const file = await openFile(deps.db, merchant.id, sha256, deps.fileKeys);
    if (file === undefined || file.kind !== DESK_SHEET_KIND) throw new Problem('file-not-found');
    if (file.blanked) throw new Problem('file-blanked');
    return file.content;
  };
  try {
    const encoding = await detectEncoding(await open());
    return { encoding, sheet: await readDeskSheet(await open(), encoding) };
  } catch (error) {
    if (!(error instanceof UnusableFileError)) throw error;
    throw new Problem('file-unusable', { detail: `${error.ja}。何も変更していません。` });
  }
}

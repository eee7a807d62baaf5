import { addDays, businessDateOf, startOfBusinessDate } from '../../billing/business-date.ts';
import { csvStart, encodeCsv, findUnwritable, writeCsv } from '../../billing/csv-writer.ts';
import { declineLabels } from '../../billing/decline.ts';
import { ngNextStepLabels, ngOutcomeLabels } from '../../billing/ng-case.ts';
import { NG_CASE_HEAD, ngCaseLine, ngReportLines } from '../../billing/ng-csv.ts';
import { listCustomerMails } from '../../db/queries/customer-mails.ts';
import { hadNgCases } from '../../db/queries/ng-cases.ts';
import { readNgReport } from '../../db/queries/ng-report.ts';
import {
  countNgCases,
  findNgCases,
  listFollowingOrders,
  listNgCases,
  listNgCasesById,
  type NgCaseFilter,
  type NgCaseView,
} from '../../db/queries/ng-worklist.ts';
import { wakeNgDesk } from '../../temporal/start-ng-desk.ts';
import { actOnNgCases } from '../../workflows/messages.ts';
import { ngDeskWorkflowId } from '../../workflows/workflow-ids.ts';
import type { ngCaseRoutes } from '../contract/ng-cases.ts';
import { replyWithCsv } from '../csv-download.ts';
import type { Call, Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { tellWorkflow } from '../tell-workflow.ts';

export const ngCaseHandlers: Handlers<typeof ngCaseRoutes> = {
  async listNgCases({ deps, merchant, query, now }) {
    const filter = filterOf(query);
    const [, month = '', orderNumber = ''] = /^(.{7})\/(.+)$/.exec(query.after ?? '') ?? [];
    const rows = await listNgCases(deps.db, merchant.id, {
      ...filter,
      after: query.after === undefined ? null : { month, orderNumber },
      limit: query.limit + 1,
    });
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    const nextAfter =
      rows.length > query.limit && last ? `${last.month}/${last.orderNumber}` : null;
    const counts = await countNgCases(deps.db, merchant.id, filter);
    return {
      status: 200,
      body: { cases: page.map((one) => showCase(one, now)), counts, nextAfter },
    };
  },

  async downloadNgCases({ deps, merchant, query }) {
    const filter = filterOf(query);
    return await replyWithCsv({
      fileName: 'ng-cases.csv',
      encoding: query.encoding,
      head: NG_CASE_HEAD,
      page: (afterId, limit) =>
        listNgCasesById(deps.db, merchant.id, { ...filter, afterId, limit }),
      positionOf: ({ id }) => id,
      rowOf: (row: NgCaseView) => ngCaseLine(row),
    });
  },

  async readNgCase({ deps, merchant, params, now }) {
    const of = { month: params.month, orderNumber: params.order };
    const found = await findNgCases(deps.db, merchant.id, of);
    const [newest] = found;
    if (newest === undefined) throw new Problem('ng-case-not-found');
    const cases = await Promise.all(
      found.map(async (one) => ({
        ...one,
        ...showCase(one, now),
        mails: await listCustomerMails(deps.db, merchant.id, one.id),
      })),
    );
    const followingOrders = await listFollowingOrders(deps.db, merchant.id, newest);
    return { status: 200, body: { cases, followingOrders } };
  },

  async actOnNgCases({ deps, identity, merchant, body, idempotencyKey }) {
    const { cases, reason, ...what } = body;
    if (!(await hadNgCases(deps.db, merchant.id))) {
      throw new Problem('conflict', {
        detail: '対応中のNG案件はありません。何も変更していません。',
        errors: [{ path: 'body.cases', message: 'UnknownOrders' }],
      });
    }
    // A desk that was lost with Temporal's state begins here.
    await wakeNgDesk(deps.workflows, merchant);
    return await tellWorkflow(deps, {
      workflowId: ngDeskWorkflowId(merchant.slug),
      location: `/v1/merchants/${merchant.slug}/ng-cases`,
      update: actOnNgCases,
      act: { actor: identity.actor, idempotencyKey, reason, cases, what },
    });
  },

  async readNgReport({ deps, merchant, query, now }) {
    const { from, to, month = null } = query;
    return {
      status: 200,
      body: await readNgReport(deps.db, merchant.id, { from, to, month, now }),
    };
  },

  async downloadNgReport({ deps, merchant, query, now }) {
    const { from, to, month = null, encoding } = query;
    const report = await readNgReport(deps.db, merchant.id, { from, to, month, now });
    const text = writeCsv(ngReportLines(report));
    if (findUnwritable(text, encoding) !== null) throw new Problem('text-not-writable');
    const content = (async function* () {
      yield csvStart(encoding);
      yield encodeCsv(text, encoding);
    })();
    return { status: 200, content, fileName: `ng-report-${from}-${to}.csv` };
  },
};

function filterOf(
  query: Pick<
    Call<typeof ngCaseRoutes.listNgCases>['query'],
    'month' | 'class' | 'nextStep' | 'dueBy' | 'state'
  >,
): NgCaseFilter {
  const { dueBy } = query;
  return {
    month: query.month ?? null,
    class: query.class ?? null,
    nextStep: query.nextStep ?? null,
    dueBefore: dueBy === undefined ? null : startOfBusinessDate(addDays(dueBy, 1)),
    state: query.state,
  };
}

const dayMs = 86_400_000;

function showCase({ id: _, ...of }: NgCaseView, now: string) {
  const day = (instant: string) => Date.parse(startOfBusinessDate(businessDateOf(instant)));
  return {
    ...of,
    plan: [...of.plan],
    carriedFrom: [...of.carriedFrom],
    classLabel: declineLabels[of.class],
    nextStepLabel: ngNextStepLabels[of.nextStep],
    outcomeLabel: of.outcome === null ? null : ngOutcomeLabels[of.outcome],
    ageDays: (day(of.closedAt ?? now) - day(of.openedAt)) / dayMs,
  };
}

import { type RawBuilder, sql } from 'kysely';
import type { ChargeState } from '../../billing/charge.ts';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { DeclineClass } from '../../billing/decline.ts';
import type {
  LimitKind,
  NgNextStep,
  NgOutcome,
  NgRecovery,
  NgStepKind,
  PlannedStep,
} from '../../billing/ng-case.ts';
import type { Db } from '../database.ts';
import { type CarryOverLink, carryOverLinks } from '../fragments.ts';

/** Cases of the NG desk as people look at them. */

export interface NgCaseFilter {
  /** Null: of every month. */
  readonly month: string | null;
  readonly class: DeclineClass | null;
  readonly nextStep: NgNextStep | null;
  /** ISO instant: only what is due before it; null: also what has no day. */
  readonly dueBefore: string | null;
  readonly state: 'open' | 'closed' | 'all';
}

export interface NgCaseView {
  readonly id: number;
  readonly month: string;
  readonly orderNumber: string;
  readonly customerNumber: string;
  readonly amountYen: number;
  readonly class: DeclineClass;
  readonly code: string | null;
  /** The declined authorization that it stands at. */
  readonly attempt: number;
  readonly limitKind: LimitKind | null;
  readonly nextStep: NgNextStep;
  /** ISO instant. */
  readonly dueAt: string | null;
  readonly why: string;
  readonly plan: readonly PlannedStep[];
  readonly retries: number;
  readonly openedAt: string;
  readonly outcome: NgOutcome | null;
  readonly recoveredBy: NgRecovery | null;
  readonly closedAt: string | null;
  readonly carriedTo: CarryOverLink | null;
  readonly carriedFrom: readonly CarryOverLink[];
}

const caseColumns = sql`
  k.id, m.billing_month as month, c.order_number as "orderNumber",
  c.customer_number as "customerNumber", k.amount_yen as "amountYen", k.class, k.code,
  k.n as attempt, k.limit_kind as "limitKind", k.next_step as "nextStep", k.due_at as "dueAt", k.why, k.plan,
  (select count(*)::int from authorization_requests q
    where q.charge_id = k.charge_id and q.kind = 'retry') as retries,
  k.opened_at as "openedAt", k.outcome, k.recovered_by as "recoveredBy", k.closed_at as "closedAt",
  ${carryOverLinks(sql<number>`c.id`)}`;

/** Conditions on a case `k`; its month is asked of the cycle. */
const matching = (merchantId: number, filter: NgCaseFilter): RawBuilder<unknown> => sql`
  k.merchant_id = ${merchantId}
  and (${filter.class}::text is null or k.class = ${filter.class})
  and (${filter.nextStep}::text is null or k.next_step = ${filter.nextStep})
  and (${filter.dueBefore}::timestamptz is null or k.due_at < ${filter.dueBefore})
  and ${inState[filter.state]}`;

const inState: Readonly<Record<NgCaseFilter['state'], RawBuilder<unknown>>> = {
  open: sql`k.closed_at is null`,
  closed: sql`k.closed_at is not null`,
  all: sql`true`,
};

const ofMonth = ({ month }: NgCaseFilter): RawBuilder<unknown> =>
  sql`(${month}::text is null or m.billing_month = ${month})`;

/** A page of cases: the older month first, by order number, the latest episode of an order last. */
export async function listNgCases(
  db: Db,
  merchantId: number,
  page: NgCaseFilter & {
    /** The last case of the page before. */
    readonly after: { readonly month: string; readonly orderNumber: string } | null;
    readonly limit: number;
  },
): Promise<NgCaseView[]> {
  const { month = '', orderNumber = '' } = page.after ?? {};
  // Month by month, each in the order of its index and no longer than the page: what is told of a case
  // beside it is looked up for those that are shown.
  const { rows } = await sql<NgCaseView>`
    select ${caseColumns}
      from (select p.*, m.billing_month
              from cycles m cross join lateral (
                select distinct on (k.order_number) k.* from ng_cases k
                 where k.cycle_id = m.id and ${matching(merchantId, page)}
                   and k.order_number > case m.billing_month when ${month} then ${orderNumber} else '' end
                 order by k.order_number, k.id desc limit ${page.limit}) p
             where m.merchant_id = ${merchantId} and ${ofMonth(page)} and m.billing_month >= ${month}
             order by m.billing_month, p.order_number limit ${page.limit}) k
      join charges c on c.id = k.charge_id join cycles m on m.id = k.cycle_id
     order by k.billing_month, k.order_number`.execute(db);
  return rows;
}

/** The same cases by a number of their own, for a list that is written out whole. */
export async function listNgCasesById(
  db: Db,
  merchantId: number,
  page: NgCaseFilter & { readonly afterId: number; readonly limit: number },
): Promise<NgCaseView[]> {
  const { rows } = await sql<NgCaseView>`
    select ${caseColumns}
      from ng_cases k join charges c on c.id = k.charge_id join cycles m on m.id = k.cycle_id
     where ${matching(merchantId, page)} and ${ofMonth(page)} and k.id > ${page.afterId}
     order by k.id limit ${page.limit}`.execute(db);
  return rows;
}

export interface NgCaseCount extends RowsAndYen {
  readonly class: DeclineClass;
  readonly nextStep: NgNextStep;
}

/** Those cases counted, by class and next step. */
export async function countNgCases(
  db: Db,
  merchantId: number,
  filter: NgCaseFilter,
): Promise<NgCaseCount[]> {
  const { rows } = await sql<NgCaseCount>`
    select k.class, k.next_step as "nextStep", count(*)::int as rows,
           sum(k.amount_yen)::float8 as yen
      from ng_cases k join cycles m on m.id = k.cycle_id
     where ${matching(merchantId, filter)} and ${ofMonth(filter)}
     group by 1, 2 order by 3 desc, 1, 2`.execute(db);
  return rows;
}

export interface NgCaseStep {
  readonly kind: NgStepKind;
  /** The attempt that it answers. */
  readonly attempt: number;
  /** `plan` or a person. */
  readonly actor: string;
  readonly why: string;
  /** In the words of the person who decided. */
  readonly reason: string | null;
  readonly takenAt: string;
}

/** Every episode of one order, newest first, with its history. */
export async function findNgCases(
  db: Db,
  merchantId: number,
  of: { readonly month: string; readonly orderNumber: string },
): Promise<(NgCaseView & { readonly chargeState: ChargeState; readonly steps: NgCaseStep[] })[]> {
  const { rows } = await sql<NgCaseView & { chargeState: ChargeState }>`
    select ${caseColumns}, (select s.state from charge_states s where s.charge_id = c.id)
                             as "chargeState"
      from ng_cases k join charges c on c.id = k.charge_id join cycles m on m.id = k.cycle_id
     where k.merchant_id = ${merchantId} and m.billing_month = ${of.month}
       and c.order_number = ${of.orderNumber}
     order by k.id desc`.execute(db);
  const found = [];
  for (const one of rows) {
    const { rows: steps } = await sql<NgCaseStep>`
      select t.kind, t.n as attempt, t.actor, t.why, d.reason, t.taken_at as "takenAt"
        from ng_case_steps t left join decisions d on d.id = t.decision_id
       where t.merchant_id = ${merchantId} and t.case_id = ${one.id} order by t.id`.execute(db);
    found.push({ ...one, steps });
  }
  return found;
}

/** An order that names a declined one as its 直前回: its replacement, or just the next delivery. */
export interface FollowingOrder {
  readonly month: string;
  readonly orderNumber: string;
  readonly status: string;
  readonly cycleCount: number | null;
  /** Whether 定期回数 is the same: then it takes the declined order's place. */
  readonly sameCount: boolean;
  readonly chargeState: ChargeState | null;
}

export async function listFollowingOrders(
  db: Db,
  merchantId: number,
  of: { readonly orderNumber: string; readonly customerNumber: string },
): Promise<FollowingOrder[]> {
  // By customer: nothing leads from an order to those that name it, and a customer has few.
  const { rows } = await sql<FollowingOrder>`
    select distinct on (o.order_number) m.billing_month as month, o.order_number as "orderNumber",
           o.status, o.cycle_count as "cycleCount",
           coalesce(o.cycle_count = own.cycle_count, false) as "sameCount",
           (select s.state from charge_states s where s.charge_id = c.id) as "chargeState"
      from charges c
      join cycles m on m.id = c.cycle_id
      join orders o on o.collection_id = c.collection_id and o.record = c.record
      left join lateral (
        select x.cycle_count from charges f
          join orders x on x.collection_id = f.collection_id and x.record = f.record
         where f.merchant_id = ${merchantId} and f.order_number = ${of.orderNumber}
         order by f.id desc limit 1) own on true
     where c.merchant_id = ${merchantId} and c.customer_number = ${of.customerNumber}
       and o.previous_order_number = ${of.orderNumber} and c.order_number <> ${of.orderNumber}
     order by o.order_number, o.collection_id desc limit 100`.execute(db);
  return rows;
}

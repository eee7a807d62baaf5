import { sql } from 'kysely';
import type {
  ExchangeKind,
  ExchangeName,
  ExchangeStage,
  FormatError,
} from '../../billing/exchange.ts';
import type { ExchangeTransport } from '../../billing/exchange-transport.ts';
import type { Db } from '../database.ts';

export interface Exchange extends ExchangeName {
  readonly id: number;
  readonly cycleId: number | null;
  readonly transport: ExchangeTransport;
  readonly stage: ExchangeStage;
  readonly attention: boolean;
  readonly fileId: number;
  readonly sha256: string;
  readonly bytes: number;
  readonly records: number;
  readonly amountYen: number;
  readonly acceptanceNumber: string | null;
  readonly acceptedAt: string | null;
  readonly completedAt: string | null;
  /** Since when nobody knows whether the upload went through; null = never said. */
  readonly unclearAt: string | null;
  readonly finishedAt: string | null;
  readonly createdAt: string;
  /** When the machine that carries it acts next; null with `attention` = never again by itself. */
  readonly dueAt: string | null;
  /** What stands in the machine's way, in an operator's words. */
  readonly note: string | null;
  /** Whether a sending was begun of which no answer is on record. */
  readonly sendOpen: boolean;
  /** Since when it waits where it stands. */
  readonly waitsSince: string;
}

const exchangeColumns = sql`
  e.id, e.cycle_id as "cycleId", e.billing_month as "billingMonth", e.kind, e.number, e.transport,
  e.stage, e.attention, e.file_id as "fileId", f.sha256, f.bytes, e.records,
  e.amount_yen as "amountYen", e.acceptance_number as "acceptanceNumber",
  e.accepted_at as "acceptedAt", e.completed_at as "completedAt", e.unclear_at as "unclearAt",
  e.finished_at as "finishedAt", e.created_at as "createdAt", 
  case when e.finished_at is null then e.due_at end as "dueAt", e.note,
  exists (select from sends s where s.exchange_id = e.id and not exists (select from send_answers a
    where a.exchange_id = s.exchange_id and a.send_number = s.send_number)) as "sendOpen",
  coalesce(case e.stage
    when 'handing_over' then (select min(s.intended_at) from sends s where s.exchange_id = e.id)
    when 'unknown' then e.unclear_at
    when 'awaiting_result' then coalesce((select max(r.ingested_at) from result_files r
                                           where r.exchange_id = e.id), greatest(e.completed_at, e.accepted_at))
    else e.finished_at end, e.created_at) as "waitsSince"`;

/** Adds an exchange under the next number of its month and kind; the caller holds the merchant. */
export async function insertExchange(
  db: Db,
  merchantId: number,
  exchange: {
    cycleId: number | null;
    billingMonth: string;
    kind: ExchangeKind;
    transport: ExchangeTransport;
    fileId: number;
    records: number;
    amountYen: number;
    now: string;
  },
): Promise<{ id: number; number: number }> {
  const { rows } = await sql<{ id: number; number: number }>`
    insert into exchanges (merchant_id, cycle_id, billing_month, kind, number, transport, stage,
                           file_id, records, amount_yen, created_at)
    select ${merchantId}, ${exchange.cycleId}, ${exchange.billingMonth}, ${exchange.kind},
           coalesce(max(number), 0) + 1, ${exchange.transport}, 'built', ${exchange.fileId},
           ${exchange.records}, ${exchange.amountYen}, ${exchange.now}
      from exchanges where merchant_id = ${merchantId}
       and billing_month = ${exchange.billingMonth} and kind = ${exchange.kind}
    returning id, number`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('an aggregate always yields a row');
  return row;
}

/** The number the next exchange of a month and kind gets; the file is named after it. */
export async function nextExchangeNumber(
  db: Db,
  merchantId: number,
  of: { billingMonth: string; kind: ExchangeKind },
): Promise<number> {
  const { rows } = await sql<{ number: number }>`
    select coalesce(max(number), 0) + 1 as number from exchanges
     where merchant_id = ${merchantId} and billing_month = ${of.billingMonth}
       and kind = ${of.kind}`.execute(db);
  return rows[0]?.number ?? 1;
}

export async function findExchange(
  db: Db,
  merchantId: number,
  name: ExchangeName,
): Promise<Exchange | undefined> {
  const { rows } = await sql<Exchange>`
    select ${exchangeColumns} from exchanges e join files f on f.id = e.file_id
     where e.merchant_id = ${merchantId} and e.billing_month = ${name.billingMonth}
       and e.kind = ${name.kind} and e.number = ${name.number}`.execute(db);
  return rows[0];
}

export async function requireExchange(
  db: Db,
  merchantId: number,
  name: ExchangeName,
): Promise<Exchange> {
  const exchange = await findExchange(db, merchantId, name);
  if (exchange === undefined) {
    throw new Error(`no exchange ${name.kind} ${name.number} of ${name.billingMonth}`);
  }
  return exchange;
}

/** By kind and number; of one month, or of all with the newest month first. */
export async function listExchanges(
  db: Db,
  merchantId: number,
  billingMonth: string | null,
): Promise<Exchange[]> {
  const { rows } = await sql<Exchange>`
    select ${exchangeColumns} from exchanges e join files f on f.id = e.file_id
     where e.merchant_id = ${merchantId}
       and (${billingMonth}::text is null or e.billing_month = ${billingMonth})
     order by e.billing_month desc, e.kind, e.number`.execute(db);
  return rows;
}

/** Moves the stage, naming the one it expects; false when the exchange stood elsewhere. */
export async function moveExchange(
  db: Db,
  merchantId: number,
  move: {
    exchangeId: number;
    from: ExchangeStage;
    to: ExchangeStage;
    attention: boolean;
    set?: {
      acceptance_number?: string;
      accepted_at?: string;
      completed_at?: null;
      unclear_at?: string;
      finished_at?: string;
      due_at?: string | null;
      note?: string | null;
    };
  },
): Promise<boolean> {
  const result = await db
    .updateTable('exchanges')
    .set({ stage: move.to, attention: move.attention, ...move.set })
    .where('merchant_id', '=', merchantId)
    .where('id', '=', move.exchangeId)
    .where('stage', '=', move.from)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Notes that the PSP said the file was processed; a second notice changes nothing. */
export async function recordCompletionNotice(
  db: Db,
  merchantId: number,
  exchangeId: number,
  now: string,
): Promise<void> {
  await db
    .updateTable('exchanges')
    // A machine that waits for the result looks at once.
    .set({
      completed_at: now,
      due_at: sql<string | null>`case when due_at is not null then ${now}::timestamptz end`,
    })
    .where('merchant_id', '=', merchantId)
    .where('id', '=', exchangeId)
    .where('completed_at', 'is', null)
    .execute();
}

/** The exchange that holds an acceptance number, whatever the month. */
export async function findByAcceptanceNumber(
  db: Db,
  merchantId: number,
  acceptanceNumber: string,
): Promise<ExchangeName | undefined> {
  const { rows } = await sql<ExchangeName>`
    select billing_month as "billingMonth", kind, number from exchanges
     where merchant_id = ${merchantId} and acceptance_number = ${acceptanceNumber}`.execute(db);
  return rows[0];
}

/** The intent to send, committed before the first byte can leave. */
export async function insertSend(
  db: Db,
  merchantId: number,
  send: { exchangeId: number; now: string; deadline?: string },
): Promise<number> {
  const { rows } = await sql<{ send_number: number }>`
    insert into sends (exchange_id, send_number, merchant_id, intended_at, deadline)
    select ${send.exchangeId}, coalesce(max(send_number), 0) + 1, ${merchantId}, ${send.now},
           ${send.deadline ?? null}
      from sends where exchange_id = ${send.exchangeId}
    returning send_number`.execute(db);
  return rows[0]?.send_number ?? 1;
}

/** The answer to the latest send; no decision where the PSP itself gave it to a machine. */
export async function insertSendAnswer(
  db: Db,
  merchantId: number,
  answer: {
    exchangeId: number;
    answer: 'accepted' | 'rejected' | 'not_sent';
    acceptanceNumber: string | null;
    decisionId: number | null;
    now: string;
  },
): Promise<number> {
  const { rows } = await sql<{ send_number: number }>`
    insert into send_answers (exchange_id, send_number, merchant_id, answer, acceptance_number,
                              decision_id, recorded_at)
    select exchange_id, max(send_number), ${merchantId}, ${answer.answer},
           ${answer.acceptanceNumber}, ${answer.decisionId}, ${answer.now}
      from sends where exchange_id = ${answer.exchangeId} group by exchange_id
    returning send_number`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('an answer without a recorded send');
  return row.send_number;
}

export async function insertFormatErrors(
  db: Db,
  merchantId: number,
  of: { exchangeId: number; sendNumber: number },
  errors: readonly FormatError[],
): Promise<void> {
  if (errors.length === 0) return;
  await db
    .insertInto('format_errors')
    .values(
      errors.map((error, index) => ({
        exchange_id: of.exchangeId,
        send_number: of.sendNumber,
        i: index + 1,
        merchant_id: merchantId,
        part: error.part,
        line: error.line,
        item: error.item,
        content: error.content,
      })),
    )
    .execute();
}

export async function listFormatErrors(
  db: Db,
  merchantId: number,
  exchangeId: number,
): Promise<FormatError[]> {
  return await db
    .selectFrom('format_errors')
    .select(['part', 'line', 'item', 'content'])
    .where('merchant_id', '=', merchantId)
    .where('exchange_id', '=', exchangeId)
    .orderBy('send_number')
    .orderBy('i')
    .execute();
}

/** Whether any result file of an exchange was taken into the record. */
export async function hasResult(db: Db, merchantId: number, exchangeId: number): Promise<boolean> {
  const row = await db
    .selectFrom('result_files')
    .select('round')
    .where('merchant_id', '=', merchantId)
    .where('exchange_id', '=', exchangeId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

import { type Kysely, sql } from 'kysely';

/** What people decided about rows of results that no file settled, and rows that answer no line. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- A row of a result that answers no sent line is looked at once. A further result of the file says
    -- it again: the same order and amount, for the how-manieth time in the file, is the same row.
    create table stray_settlements (
      exchange_id bigint not null,
      round int not null,
      result_line int not null,
      merchant_id bigint not null references merchants,
      order_number text,
      yen int,
      occurrence int not null check (occurrence >= 1),
      action text not null check (action in ('acknowledge', 'other_file')),
      decision_id bigint not null references decisions,
      settled_at timestamptz not null,
      primary key (exchange_id, round, result_line),
      unique nulls not distinct (exchange_id, order_number, yen, occurrence),
      foreign key (exchange_id, round, result_line) references result_strays
    );

    -- Each item of a decision at the desk, with its own reason. inquire settles nothing: it says that
    -- somebody has asked, and may be said again.
    create table desk_decisions (
      decision_id bigint not null references decisions,
      item text not null,
      merchant_id bigint not null references merchants,
      action text not null,
      reason text not null,
      decided_at timestamptz not null,
      primary key (decision_id, item)
    );
    create index desk_decisions_by_item on desk_decisions (merchant_id, item);

    -- Few rows of a result wait for a person: the desk finds them without reading the others.
    create index result_lines_doubtful on result_lines (exchange_id, round, line_number)
      where verdict in ('unknown', 'quarantined');

    grant select, insert on stray_settlements, desk_decisions to tsukigime_app;
  `.execute(db);
}

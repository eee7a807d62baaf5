import { type Kysely, sql } from 'kysely';

/** 洗替: a merchant's monthly refresh of cards, what was asked for, and what came back of it. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    create table card_refreshes (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      -- Of the result, and of the request.
      month text not null check (month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
      stage text not null check (stage in
        ('planned', 'built', 'unknown', 'awaiting_result', 'done', 'not_run')),
      attention boolean not null default false,
      -- What it waits for or was hindered by, in words for operators.
      note text,
      started_at timestamptz not null,
      started_by text not null,
      -- When the request is to leave.
      request_at timestamptz not null,
      -- When the machine acts next; null = at the time that the stage says.
      due_at timestamptz,
      unclear_at timestamptz,
      -- The first of a merchant covers all its cards; null until they were selected.
      first boolean,
      targets int not null default 0,
      request_file_id bigint references files,
      sent_at timestamptz,
      closed_at timestamptz,
      unique (merchant_id, month),
      constraint a_request_has_targets check (request_file_id is null or targets > 0),
      constraint what_left_was_built check (stage in ('planned', 'not_run', 'done')
        or request_file_id is not null),
      constraint not_run_says_why check (stage <> 'not_run' or note is not null),
      check ((stage in ('done', 'not_run')) = (closed_at is not null))
    );

    -- The intent is committed before the first byte leaves; without an answer nobody knows.
    create table refresh_sends (
      refresh_id bigint not null references card_refreshes,
      n int not null check (n >= 1),
      merchant_id bigint not null,
      intended_at timestamptz not null,
      primary key (refresh_id, n)
    );
    create table refresh_send_answers (
      refresh_id bigint not null,
      n int not null,
      merchant_id bigint not null,
      answer text not null check (answer in ('accepted', 'not_sent')),
      answered_at timestamptz not null,
      primary key (refresh_id, n),
      foreign key (refresh_id, n) references refresh_sends
    );

    -- The card as it was when it was asked for: one that was replaced since is neither updated nor
    -- locked by what the PSP says of the old one. No foreign key: a million rows come from cards.
    create table refresh_targets (
      refresh_id bigint not null,
      line int not null check (line >= 1),
      merchant_id bigint not null,
      card_id bigint not null,
      customer_id int not null,
      -- 会員ID and カード登録連番, as the request has them.
      member_id text not null,
      card_sequence text not null,
      last_digits text not null,
      expiry text not null,
      why text not null check (why in
        ('first_refresh', 'expires_this_month', 'expires_next_month')),
      primary key (refresh_id, line),
      -- In this order, so that it also answers what was said of a card.
      unique (card_id, refresh_id)
    );

    -- Each reading of a result file that was merged: the first one, and what corrected it. The same
    -- bytes are read again only with another layout.
    create table refresh_result_files (
      refresh_id bigint not null references card_refreshes,
      n int not null check (n >= 1),
      merchant_id bigint not null,
      file_id bigint not null references files,
      layout_key text not null,
      read_at timestamptz not null,
      lines int not null,
      -- Of them, those that name a target; and what they said that was not known before.
      merged int not null,
      news int not null check (news <= merged),
      quarantined int not null,
      -- Targets that no file has judged.
      missing int not null,
      counts jsonb not null,
      primary key (refresh_id, n),
      unique (refresh_id, file_id, layout_key),
      constraint every_line_is_accounted_for check (lines = merged + quarantined)
    );

    -- What a result says of a target; a later file has rows only where it says something new.
    create table refresh_results (
      refresh_id bigint not null,
      line int not null,
      n int not null,
      merchant_id bigint not null,
      card_id bigint not null,
      result_line int not null,
      -- 洗替判定結果.
      verdict smallint not null check (verdict between 0 and 3),
      outcome text not null check (outcome in
        ('renewed', 'valid', 'no_newer_data', 'refused', 'card_changed', 'card_gone')),
      last_digits_before text not null,
      expiry_before text not null,
      last_digits_after text,
      expiry_after text,
      primary key (refresh_id, line, n),
      check (verdict = 0 or outcome in ('refused', 'card_changed', 'card_gone')),
      check (verdict <> 0 or outcome <> 'refused')
    );

    -- What cannot be trusted: kept, shown, counted, changing no card.
    create table refresh_quarantine (
      refresh_id bigint not null,
      n int not null,
      result_line int not null,
      merchant_id bigint not null,
      reason text not null check (reason in ('unmatched', 'doubled', 'other_month', 'bad_verdict',
        'bad_columns', 'bad_data', 'unreadable')),
      -- The column at fault; null = the row as a whole.
      field text,
      member_id text,
      primary key (refresh_id, n, result_line)
    );

    -- エポスバナー; without bytes the default banner is back.
    create table epos_banners (
      merchant_id bigint not null references merchants,
      version int not null check (version >= 1),
      content_type text check (content_type in ('image/png', 'image/jpeg', 'image/gif')),
      content bytea,
      set_at timestamptz not null,
      set_by text not null,
      primary key (merchant_id, version),
      check ((content_type is null) = (content is null))
    );

    grant select, insert on card_refreshes, refresh_sends, refresh_send_answers, refresh_targets,
      refresh_result_files, refresh_results, refresh_quarantine, epos_banners to tsukigime_app;
    grant update (stage, attention, note, request_at, due_at, unclear_at, first, targets,
      request_file_id, sent_at, closed_at) on card_refreshes to tsukigime_app;
  `.execute(db);
}

-- What the migrations make, written from the catalogs of a migrated database: read it, do not edit
-- it. A test holds it against the migrations; `npx vitest run test/db/schema.test.ts -u` writes it.

create table allowed_hosts (
  merchant_id bigint not null,
  host text not null,
  version integer not null,
  allowed boolean not null,
  reason text not null,
  set_at timestamp with time zone not null,
  set_by text not null,
  constraint allowed_hosts_pkey PRIMARY KEY (merchant_id, host, version),
  constraint allowed_hosts_version_check CHECK ((version >= 1))
);
create table attempts (
  charge_id bigint not null,
  n integer not null,
  merchant_id bigint not null,
  kind text not null,
  exchange_id bigint,
  amount_yen integer not null,
  decision_id bigint,
  claimed_at timestamp with time zone not null,
  constraint attempts_pkey PRIMARY KEY (charge_id, n),
  constraint attempts_amount_yen_check CHECK ((amount_yen >= 0)),
  constraint attempts_check CHECK (((kind = 'authorization'::text) = (exchange_id IS NOT NULL))),
  constraint attempts_kind_check CHECK ((kind = ANY (ARRAY['authorization'::text, 'carried_over'::text, 'cancelled'::text, 'given_up'::text, 'released'::text]))),
  constraint attempts_n_check CHECK ((n >= 1))
);
create table audit_entries (
  chain_id bigint not null,
  n bigint not null,
  entry text not null,
  previous_hash bytea not null,
  hash bytea not null,
  recorded_at timestamp with time zone not null,
  constraint audit_entries_pkey PRIMARY KEY (chain_id, n),
  constraint audit_entries_hash_check CHECK ((octet_length(hash) = 32)),
  constraint audit_entries_n_check CHECK ((n >= 1)),
  constraint audit_entries_previous_hash_check CHECK ((octet_length(previous_hash) = 32)),
  constraint audit_hash_is_of_its_entry CHECK ((hash = sha256((previous_hash || convert_to(entry, 'UTF8'::name)))))
);
create table audit_heads (
  chain_id bigint not null,
  day date not null,
  n bigint not null,
  hash bytea not null,
  recorded_at timestamp with time zone not null,
  constraint audit_heads_pkey PRIMARY KEY (chain_id, day),
  constraint audit_heads_hash_check CHECK ((octet_length(hash) = 32)),
  constraint audit_heads_n_check CHECK ((n >= 1))
);
create table authorization_requests (
  charge_id bigint not null,
  n integer not null,
  merchant_id bigint not null,
  kind text not null,
  decision_id bigint,
  requested_at timestamp with time zone not null,
  constraint authorization_requests_pkey PRIMARY KEY (charge_id, n),
  constraint authorization_requests_kind_check CHECK ((kind = ANY (ARRAY['retry'::text, 'again'::text]))),
  constraint authorization_requests_n_check CHECK ((n >= 1))
);
create table capture_requests (
  charge_id bigint not null,
  n integer not null,
  merchant_id bigint not null,
  decision_id bigint not null,
  requested_at timestamp with time zone not null,
  amount_yen integer,
  constraint capture_requests_pkey PRIMARY KEY (charge_id, n),
  constraint capture_requests_amount_yen_check CHECK ((amount_yen >= 1))
);
create table capture_waves (
  cycle_id bigint not null,
  n integer not null,
  merchant_id bigint not null,
  rows integer not null,
  yen bigint not null,
  made_at timestamp with time zone not null,
  constraint capture_waves_pkey PRIMARY KEY (cycle_id, n),
  constraint capture_waves_n_check CHECK ((n >= 1)),
  constraint capture_waves_rows_check CHECK ((rows >= 1)),
  constraint capture_waves_yen_check CHECK ((yen >= 1))
);
create table card_lock_override_answers (
  override_id bigint not null,
  merchant_id bigint not null,
  answer text not null,
  reason text not null,
  answered_by text not null,
  answered_at timestamp with time zone not null,
  constraint card_lock_override_answers_pkey PRIMARY KEY (override_id),
  constraint card_lock_override_answers_answer_check CHECK ((answer = ANY (ARRAY['approved'::text, 'rejected'::text]))),
  constraint card_lock_override_answers_reason_check CHECK ((reason <> ''::text))
);
create table card_lock_overrides (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  lock_id bigint not null,
  n integer not null,
  mismatch text not null,
  evidence_file_id bigint not null,
  reason text not null,
  requested_by text not null,
  requested_at timestamp with time zone not null,
  constraint card_lock_overrides_pkey PRIMARY KEY (id),
  constraint card_lock_overrides_lock_id_n_key UNIQUE (lock_id, n),
  constraint card_lock_overrides_mismatch_check CHECK ((mismatch = ANY (ARRAY['wrong_row'::text, 'wrong_month'::text]))),
  constraint card_lock_overrides_n_check CHECK ((n >= 1)),
  constraint card_lock_overrides_reason_check CHECK ((reason <> ''::text))
);
create table card_locks (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  number integer not null,
  card_id bigint not null,
  n integer not null,
  customer_id integer not null,
  customer_number text not null,
  service text not null,
  last_digits text not null,
  expiry text not null,
  refresh_id bigint not null,
  line integer not null,
  result_n integer not null,
  result_line integer not null,
  verdict smallint not null,
  locked_at timestamp with time zone not null,
  constraint card_locks_pkey PRIMARY KEY (id),
  constraint card_locks_card_id_n_key UNIQUE (card_id, n),
  constraint card_locks_merchant_id_number_key UNIQUE (merchant_id, number),
  constraint card_locks_n_check CHECK ((n >= 1)),
  constraint card_locks_number_check CHECK ((number >= 1)),
  constraint card_locks_verdict_check CHECK (((verdict >= 1) AND (verdict <= 3)))
);
create table card_migrations (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  number integer not null,
  service text not null,
  old_service text not null,
  scope jsonb not null,
  follows_id bigint,
  rehearsal boolean not null,
  request_key text not null,
  stage text not null,
  waits_since timestamp with time zone not null,
  due_at timestamp with time zone,
  note text,
  started_at timestamp with time zone not null,
  started_by text not null,
  finished_at timestamp with time zone,
  constraint card_migrations_pkey PRIMARY KEY (id),
  constraint card_migrations_merchant_id_number_key UNIQUE (merchant_id, number),
  constraint card_migrations_merchant_id_request_key_key UNIQUE (merchant_id, request_key),
  constraint card_migrations_check CHECK (((stage = ANY (ARRAY['accepted'::text, 'cancelled'::text])) = (finished_at IS NOT NULL))),
  constraint card_migrations_number_check CHECK ((number >= 1)),
  constraint card_migrations_old_service_check CHECK ((old_service <> ''::text)),
  constraint card_migrations_service_check CHECK ((service = ANY (ARRAY['ZEUS'::text, 'GMO'::text, 'YAMATO'::text]))),
  constraint card_migrations_stage_check CHECK ((stage = ANY (ARRAY['checking'::text, 'handing_over'::text, 'awaiting_return'::text, 'importing'::text, 'covering'::text, 'accepted'::text, 'cancelled'::text])))
);
create table card_notices (
  merchant_id bigint not null,
  customer_id integer not null,
  occasion text not null,
  mail_id bigint not null,
  constraint card_notices_pkey PRIMARY KEY (merchant_id, customer_id, occasion),
  constraint card_notices_occasion_check CHECK ((occasion ~ '^(lock:[0-9]+|expiry:[0-9]{4}-[0-9]{2})$'::text))
);
create table card_refreshes (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  month text not null,
  stage text not null,
  attention boolean default false not null,
  note text,
  started_at timestamp with time zone not null,
  started_by text not null,
  request_at timestamp with time zone not null,
  due_at timestamp with time zone,
  unclear_at timestamp with time zone,
  first boolean,
  targets integer default 0 not null,
  request_file_id bigint,
  sent_at timestamp with time zone,
  closed_at timestamp with time zone,
  constraint card_refreshes_pkey PRIMARY KEY (id),
  constraint card_refreshes_merchant_id_month_key UNIQUE (merchant_id, month),
  constraint a_request_has_targets CHECK (((request_file_id IS NULL) OR (targets > 0))),
  constraint card_refreshes_check CHECK (((stage = ANY (ARRAY['done'::text, 'not_run'::text])) = (closed_at IS NOT NULL))),
  constraint card_refreshes_month_check CHECK ((month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'::text)),
  constraint card_refreshes_stage_check CHECK ((stage = ANY (ARRAY['planned'::text, 'built'::text, 'unknown'::text, 'awaiting_result'::text, 'done'::text, 'not_run'::text]))),
  constraint not_run_says_why CHECK (((stage <> 'not_run'::text) OR (note IS NOT NULL))),
  constraint what_left_was_built CHECK (((stage = ANY (ARRAY['planned'::text, 'not_run'::text, 'done'::text])) OR (request_file_id IS NOT NULL)))
);
create table card_unlocks (
  lock_id bigint not null,
  merchant_id bigint not null,
  how text not null,
  import_id bigint,
  override_id bigint,
  unlocked_at timestamp with time zone not null,
  constraint card_unlocks_pkey PRIMARY KEY (lock_id),
  constraint card_unlocks_check CHECK (((how = 'override'::text) = (override_id IS NOT NULL))),
  constraint card_unlocks_how_check CHECK ((how = ANY (ARRAY['replaced'::text, 'override'::text])))
);
create table cards (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  customer_id integer not null,
  service text not null,
  identity text not null,
  last_digits text not null,
  brand text not null,
  holder text,
  send_id text,
  sequence text,
  expiry text not null,
  auth_key_id text,
  auth_key_iv bytea,
  auth_key_data bytea,
  import_id bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  constraint cards_pkey PRIMARY KEY (id),
  constraint cards_merchant_id_service_identity_key UNIQUE (merchant_id, service, identity),
  constraint cards_brand_check CHECK ((brand = ANY (ARRAY['VISA'::text, 'MASTER'::text, 'JCB'::text, 'AMEX'::text, 'DINERS'::text]))),
  constraint cards_check CHECK ((num_nulls(auth_key_id, auth_key_iv, auth_key_data) = ANY (ARRAY[0, 3]))),
  constraint cards_expiry_check CHECK ((expiry ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'::text)),
  constraint cards_last_digits_check CHECK ((last_digits ~ '^[0-9]{3,4}$'::text)),
  constraint cards_service_check CHECK ((service = ANY (ARRAY['ZEUS'::text, 'GMO'::text, 'YAMATO'::text])))
);
create table carrier_calls (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  public_id uuid not null,
  received_at timestamp with time zone not null,
  method text not null,
  content_type text,
  source_address text not null,
  query bytea,
  body bytea,
  card_number_found boolean not null,
  constraint carrier_calls_pkey PRIMARY KEY (id),
  constraint carrier_calls_public_id_key UNIQUE (public_id),
  constraint card_numbers_are_not_kept CHECK (((card_number_found = (query IS NULL)) AND (card_number_found = (body IS NULL)))),
  constraint carrier_calls_method_check CHECK ((method = ANY (ARRAY['GET'::text, 'POST'::text])))
);
create table carrier_resend_closings (
  task_id bigint not null,
  merchant_id bigint not null,
  decision_id bigint not null,
  closed_at timestamp with time zone not null,
  constraint carrier_resend_closings_pkey PRIMARY KEY (task_id)
);
create table carrier_resend_tasks (
  id bigint generated always as identity not null,
  public_id uuid default gen_random_uuid() not null,
  merchant_id bigint not null,
  mail_id bigint not null,
  n integer not null,
  ip_code text,
  order_number text not null,
  failed_at timestamp with time zone not null,
  opened_at timestamp with time zone not null,
  constraint carrier_resend_tasks_pkey PRIMARY KEY (id),
  constraint carrier_resend_tasks_mail_id_n_key UNIQUE (mail_id, n),
  constraint carrier_resend_tasks_public_id_key UNIQUE (public_id),
  constraint carrier_resend_tasks_n_check CHECK ((n >= 1))
);
create table carrier_results (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  public_id uuid not null,
  ip_code text not null,
  order_number text not null,
  version integer not null,
  parameters_sha256 text not null,
  call_id bigint not null,
  encoding text not null,
  parameters jsonb not null,
  result text not null,
  carrier text,
  amount_yen bigint,
  phone text,
  email text,
  send_id text,
  send_point text,
  received_at timestamp with time zone not null,
  constraint carrier_results_pkey PRIMARY KEY (id),
  constraint carrier_results_call_id_key UNIQUE (call_id),
  constraint carrier_results_merchant_id_ip_code_order_number_parameters_key UNIQUE (merchant_id, ip_code, order_number, parameters_sha256),
  constraint carrier_results_merchant_id_ip_code_order_number_version_key UNIQUE (merchant_id, ip_code, order_number, version),
  constraint carrier_results_public_id_key UNIQUE (public_id),
  constraint carrier_results_encoding_check CHECK ((encoding = ANY (ARRAY['cp932'::text, 'utf-8'::text]))),
  constraint carrier_results_parameters_sha256_check CHECK ((parameters_sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint carrier_results_version_check CHECK ((version >= 1))
);
create table carrier_verdicts (
  call_id bigint not null,
  merchant_id bigint not null,
  verdict text not null,
  result_id bigint,
  findings jsonb not null,
  judged_at timestamp with time zone not null,
  constraint carrier_verdicts_pkey PRIMARY KEY (call_id),
  constraint carrier_verdicts_check CHECK (((result_id IS NOT NULL) = (verdict = ANY (ARRAY['new'::text, 'duplicate'::text])))),
  constraint carrier_verdicts_verdict_check CHECK ((verdict = ANY (ARRAY['new'::text, 'duplicate'::text, 'unusable'::text, 'card_number'::text])))
);
create table carry_over_choices (
  case_id bigint not null,
  k integer not null,
  merchant_id bigint not null,
  order_number text,
  decision_id bigint not null,
  chosen_at timestamp with time zone not null,
  constraint carry_over_choices_pkey PRIMARY KEY (case_id, k),
  constraint carry_over_choices_k_check CHECK ((k >= 1))
);
create table charge_clearances (
  charge_id bigint not null,
  preview_id bigint not null,
  merchant_id bigint not null,
  constraint charge_clearances_pkey PRIMARY KEY (charge_id, preview_id)
);
create table charge_items (
  charge_id bigint not null,
  origin_charge_id bigint not null,
  merchant_id bigint not null,
  yen integer not null,
  constraint charge_items_pkey PRIMARY KEY (charge_id, origin_charge_id),
  constraint charge_items_yen_check CHECK (((yen >= 1) AND (yen <= 9999999)))
);
create table charge_registrations (
  charge_id bigint not null,
  k integer not null,
  merchant_id bigint not null,
  after_n integer not null,
  previous_order_number text not null,
  decision_id bigint not null,
  recorded_at timestamp with time zone not null,
  constraint charge_registrations_pkey PRIMARY KEY (charge_id, k),
  constraint charge_registrations_after_n_check CHECK ((after_n >= 1)),
  constraint charge_registrations_k_check CHECK ((k >= 1)),
  constraint charge_registrations_previous_order_number_check CHECK ((previous_order_number ~ '^[0-9A-Za-z_-]{1,50}$'::text))
);
create table charge_tallies (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  cycle_id bigint not null,
  fact text not null,
  exchange_id bigint,
  authorized_in bigint,
  capture_before timestamp with time zone,
  rows integer not null,
  yen bigint not null,
  constraint charge_tallies_pkey PRIMARY KEY (id),
  constraint charge_tallies_fact_check CHECK ((fact = ANY (ARRAY['charge'::text, 'item'::text, 'authorization'::text, 'ok'::text, 'declined'::text, 'rejected'::text, 'not_sent'::text, 'capture'::text, 'captured'::text, 'other'::text])))
);
create table charges (
  id bigint generated by default as identity not null,
  merchant_id bigint not null,
  cycle_id bigint not null,
  order_number text not null,
  identity_month text default ''::text not null,
  customer_number text not null,
  previous_order_number text not null,
  position integer not null,
  created_at timestamp with time zone not null,
  collection_id bigint,
  record integer,
  preview_id bigint,
  constraint charges_pkey PRIMARY KEY (id),
  constraint charges_merchant_id_order_number_identity_month_key UNIQUE (merchant_id, order_number, identity_month)
);
create table clearances (
  preview_id bigint not null,
  merchant_id bigint not null,
  cycle_id bigint not null,
  verdict text not null,
  settings_version integer not null,
  decision_id bigint,
  cleared_at timestamp with time zone not null,
  constraint clearances_pkey PRIMARY KEY (preview_id),
  constraint clearances_check CHECK (((verdict = 'not_needed'::text) = (decision_id IS NULL))),
  constraint clearances_verdict_check CHECK ((verdict = ANY (ARRAY['not_needed'::text, 'approved'::text, 'rejected'::text])))
);
create table closed_months (
  cycle_id bigint not null,
  merchant_id bigint not null,
  first_charge_id bigint,
  last_charge_id bigint,
  constraint closed_months_pkey PRIMARY KEY (cycle_id)
);
create table completion_mails (
  mail_id bigint not null,
  merchant_id bigint not null,
  acceptance_number text not null,
  transaction_kind text,
  records integer,
  ng_count integer,
  constraint completion_mails_pkey PRIMARY KEY (mail_id)
);
create table completion_matches (
  mail_id bigint not null,
  merchant_id bigint not null,
  exchange_id bigint not null,
  finding text,
  matched_at timestamp with time zone not null,
  constraint completion_matches_pkey PRIMARY KEY (mail_id, exchange_id)
);
create table contradiction_settlements (
  contradiction_id bigint not null,
  merchant_id bigint not null,
  decision_id bigint not null,
  settled_at timestamp with time zone not null,
  constraint contradiction_settlements_pkey PRIMARY KEY (contradiction_id)
);
create table contradictions (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  charge_id bigint not null,
  n integer not null,
  k integer,
  exchange_id bigint,
  recorded text not null,
  received text not null,
  detail text,
  recorded_at timestamp with time zone not null,
  constraint contradictions_pkey PRIMARY KEY (id),
  constraint contradictions_charge_id_n_k_exchange_id_received_key UNIQUE NULLS NOT DISTINCT (charge_id, n, k, exchange_id, received)
);
create table correction_acknowledgements (
  correction_id bigint not null,
  merchant_id bigint not null,
  decision_id bigint not null,
  acknowledged_at timestamp with time zone not null,
  constraint correction_acknowledgements_pkey PRIMARY KEY (correction_id)
);
create table corrections (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  cycle_id bigint not null,
  n integer not null,
  kind text not null,
  order_number text,
  yen bigint,
  reason text not null,
  exchange_id bigint,
  file_id bigint,
  recorded text,
  received text,
  decision_id bigint not null,
  recorded_at timestamp with time zone not null,
  constraint corrections_pkey PRIMARY KEY (id),
  constraint corrections_cycle_id_n_key UNIQUE (cycle_id, n),
  constraint corrections_check CHECK (((kind = 'late_result'::text) = (num_nonnulls(exchange_id, file_id, received) = 3))),
  constraint corrections_kind_check CHECK ((kind = ANY (ARRAY['late_result'::text, 'refund'::text, 'chargeback'::text, 'void_after_close'::text, 'other'::text]))),
  constraint corrections_n_check CHECK ((n >= 1)),
  constraint corrections_yen_check CHECK ((yen >= 0))
);
create table customer_mail_bounces (
  mail_id bigint not null,
  merchant_id bigint not null,
  status text not null,
  address_hash text,
  report_id bigint,
  recorded_at timestamp with time zone not null,
  constraint customer_mail_bounces_pkey PRIMARY KEY (mail_id),
  constraint customer_mail_bounces_address_hash_check CHECK ((address_hash ~ '^[0-9a-f]{64}$'::text)),
  constraint customer_mail_bounces_status_check CHECK ((status ~ '^[245]\.\d{1,3}\.\d{1,3}$'::text))
);
create table customer_mail_templates (
  merchant_id bigint not null,
  kind text not null,
  version integer not null,
  subject text not null,
  body text not null,
  set_at timestamp with time zone not null,
  set_by text not null,
  constraint customer_mail_templates_pkey PRIMARY KEY (merchant_id, kind, version),
  constraint customer_mail_templates_kind_check CHECK ((kind ~ '^[a-z_]{1,40}$'::text)),
  constraint customer_mail_templates_version_check CHECK ((version >= 1))
);
create table customer_mail_tries (
  mail_id bigint not null,
  send_number integer not null,
  merchant_id bigint not null,
  address_hash text not null,
  link_expires_at timestamp with time zone,
  tried_at timestamp with time zone not null,
  constraint customer_mail_tries_pkey PRIMARY KEY (mail_id, send_number),
  constraint customer_mail_tries_address_hash_check CHECK ((address_hash ~ '^[0-9a-f]{64}$'::text))
);
create table customer_mails (
  step_id bigint,
  merchant_id bigint not null,
  mail_id bigint not null,
  case_id bigint,
  customer_number text not null,
  kind text not null,
  template_version integer not null,
  link_id uuid not null,
  planned_on date not null,
  constraint customer_mails_pkey PRIMARY KEY (mail_id),
  constraint customer_mails_link_id_key UNIQUE (link_id),
  constraint customer_mails_merchant_id_customer_number_planned_on_key UNIQUE (merchant_id, customer_number, planned_on),
  constraint customer_mails_step_id_key UNIQUE (step_id),
  constraint a_step_is_of_a_case CHECK (((step_id IS NULL) = (case_id IS NULL))),
  constraint customer_mails_template_version_check CHECK ((template_version >= 0))
);
create table customer_numberings (
  merchant_id bigint not null,
  last_id integer not null,
  constraint customer_numberings_pkey PRIMARY KEY (merchant_id)
);
create table customer_reviews (
  merchant_id bigint not null,
  customer_id integer not null,
  reason text not null,
  import_id bigint not null,
  flagged_at timestamp with time zone not null,
  acknowledged_at timestamp with time zone,
  acknowledged_by text,
  constraint customer_reviews_pkey PRIMARY KEY (merchant_id, customer_id, reason),
  constraint customer_reviews_reason_check CHECK ((reason = 'several_cards'::text))
);
create table customer_tags (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  name text not null,
  deleted_at timestamp with time zone,
  constraint customer_tags_pkey PRIMARY KEY (id),
  constraint customer_tags_merchant_id_name_key UNIQUE (merchant_id, name),
  constraint customer_tags_name_check CHECK ((name <> ''::text))
);
create table customers (
  merchant_id bigint not null,
  customer_id integer not null,
  customer_number text not null,
  name text,
  kana text,
  postal_code text,
  prefecture text,
  city text,
  street text,
  building text,
  phone text,
  email text,
  gender text,
  birth_date text,
  occupation_id bigint,
  tag_ids bigint[] default '{}'::bigint[] not null,
  newsletter boolean,
  customer_type smallint,
  import_id bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  blanked_at timestamp with time zone,
  constraint customers_pkey PRIMARY KEY (merchant_id, customer_id),
  constraint customers_merchant_id_customer_number_key UNIQUE (merchant_id, customer_number),
  constraint customers_customer_id_check CHECK (((customer_id >= 1) AND (customer_id <= 99999999))),
  constraint customers_customer_number_check CHECK ((customer_number <> ''::text)),
  constraint customers_customer_type_check CHECK ((customer_type = ANY (ARRAY[1, 2, 3]))),
  constraint only_deleted_customers_are_blanked CHECK (((blanked_at IS NULL) OR (deleted_at IS NOT NULL)))
);
create table cycles (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  billing_month text not null,
  stage text not null,
  attention boolean default false not null,
  started_at timestamp with time zone not null,
  started_by text not null,
  closed_at timestamp with time zone,
  trouble text,
  scope text default 'all'::text not null,
  attention_since timestamp with time zone,
  blanked_at timestamp with time zone,
  stage_since timestamp with time zone,
  stage_changes integer default 0 not null,
  constraint cycles_pkey PRIMARY KEY (id),
  constraint cycles_merchant_id_billing_month_key UNIQUE (merchant_id, billing_month),
  constraint cycles_billing_month_check CHECK ((billing_month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'::text)),
  constraint cycles_scope_check CHECK ((scope = ANY (ARRAY['all'::text, 'chosen'::text]))),
  constraint cycles_stage_check CHECK ((stage = ANY (ARRAY['collecting'::text, 'previewing'::text, 'awaiting_approval'::text, 'handing_over'::text, 'awaiting_result'::text, 'reconciling'::text, 'capturing'::text, 'working_ng'::text, 'closing'::text, 'closed'::text, 'stopped'::text])))
);
create table decisions (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  idempotency_key text not null,
  workflow_id text not null,
  act text not null,
  body jsonb not null,
  actor text not null,
  reason text,
  decided_at timestamp with time zone not null,
  constraint decisions_pkey PRIMARY KEY (id),
  constraint decisions_merchant_id_idempotency_key_key UNIQUE (merchant_id, idempotency_key)
);
create table deliveries (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  public_id uuid default gen_random_uuid() not null,
  endpoint_id bigint not null,
  result_id bigint,
  ordering_key text not null,
  state text default 'due'::text not null,
  attempt integer default 0 not null,
  tries_left integer not null,
  due_at timestamp with time zone not null,
  act_id bigint,
  created_at timestamp with time zone not null,
  event_id bigint,
  resent_by bigint,
  constraint deliveries_pkey PRIMARY KEY (id),
  constraint deliveries_endpoint_id_event_id_key UNIQUE (endpoint_id, event_id),
  constraint deliveries_endpoint_id_result_id_key UNIQUE (endpoint_id, result_id),
  constraint deliveries_public_id_key UNIQUE (public_id),
  constraint a_delivery_is_of_one_thing CHECK ((num_nonnulls(result_id, event_id) = 1)),
  constraint deliveries_attempt_check CHECK ((attempt >= 0)),
  constraint deliveries_state_check CHECK ((state = ANY (ARRAY['due'::text, 'delivered'::text, 'failed'::text, 'settled'::text]))),
  constraint deliveries_tries_left_check CHECK ((tries_left >= 0))
);
create table delivery_attempts (
  delivery_id bigint not null,
  attempt integer not null,
  merchant_id bigint not null,
  outcome text not null,
  status integer,
  answer_start text,
  duration_ms integer not null,
  act_id bigint,
  ended_at timestamp with time zone not null,
  constraint delivery_attempts_pkey PRIMARY KEY (delivery_id, attempt),
  constraint delivery_attempts_attempt_check CHECK ((attempt >= 1)),
  constraint delivery_attempts_outcome_check CHECK ((outcome = ANY (ARRAY['delivered'::text, 'refused'::text, 'timed_out'::text, 'not_connected'::text, 'cut_off'::text, 'not_sent'::text])))
);
create table delivery_endpoints (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  slug text not null,
  url text not null,
  secret_name text not null,
  encoding text not null,
  back_off_seconds integer[] not null,
  timeout_ms integer not null,
  concurrency integer not null,
  circuit_failures integer not null,
  circuit_pause_seconds integer not null,
  state text default 'active'::text not null,
  version integer default 1 not null,
  failures_in_a_row integer default 0 not null,
  circuit_open_until timestamp with time zone,
  created_at timestamp with time zone not null,
  kind text default 'carrier'::text not null,
  events text[],
  secret_overlap_hours integer default 0 not null,
  constraint delivery_endpoints_pkey PRIMARY KEY (id),
  constraint delivery_endpoints_slug_key UNIQUE (slug),
  constraint a_webhook_wants_events CHECK (((kind = 'webhook'::text) = (events IS NOT NULL))),
  constraint delivery_endpoints_circuit_failures_check CHECK ((circuit_failures > 0)),
  constraint delivery_endpoints_circuit_pause_seconds_check CHECK ((circuit_pause_seconds > 0)),
  constraint delivery_endpoints_concurrency_check CHECK ((concurrency > 0)),
  constraint delivery_endpoints_encoding_check CHECK ((encoding = ANY (ARRAY['as_received'::text, 'cp932'::text, 'utf-8'::text]))),
  constraint delivery_endpoints_kind_check CHECK ((kind = ANY (ARRAY['carrier'::text, 'webhook'::text]))),
  constraint delivery_endpoints_secret_overlap_hours_check CHECK ((secret_overlap_hours >= 0)),
  constraint delivery_endpoints_slug_check CHECK ((slug ~ '^[a-z0-9-]{3,64}$'::text)),
  constraint delivery_endpoints_state_check CHECK ((state = ANY (ARRAY['active'::text, 'paused'::text, 'retired'::text]))),
  constraint delivery_endpoints_timeout_ms_check CHECK ((timeout_ms > 0))
);
create table desk_decisions (
  decision_id bigint not null,
  item text not null,
  merchant_id bigint not null,
  action text not null,
  reason text not null,
  decided_at timestamp with time zone not null,
  constraint desk_decisions_pkey PRIMARY KEY (decision_id, item)
);
create table ending_results (
  charge_id bigint not null,
  n integer not null,
  k integer not null,
  merchant_id bigint not null,
  result text not null,
  response_code text,
  response_detail text,
  processed_at timestamp with time zone,
  exchange_id bigint,
  decision_id bigint,
  recorded_at timestamp with time zone not null,
  constraint ending_results_pkey PRIMARY KEY (charge_id, n, k),
  constraint ending_results_result_check CHECK ((result = ANY (ARRAY['captured'::text, 'voided'::text, 'refused'::text, 'not_sent'::text])))
);
create table endings (
  charge_id bigint not null,
  n integer not null,
  k integer not null,
  merchant_id bigint not null,
  kind text not null,
  amount_yen integer not null,
  exchange_id bigint,
  decision_id bigint,
  claimed_at timestamp with time zone not null,
  constraint endings_pkey PRIMARY KEY (charge_id, n, k),
  constraint endings_amount_yen_check CHECK ((amount_yen >= 0)),
  constraint endings_k_check CHECK ((k >= 1)),
  constraint endings_kind_check CHECK ((kind = ANY (ARRAY['capture'::text, 'void'::text, 'expired'::text])))
);
create table epos_banners (
  merchant_id bigint not null,
  version integer not null,
  content_type text,
  content bytea,
  set_at timestamp with time zone not null,
  set_by text not null,
  constraint epos_banners_pkey PRIMARY KEY (merchant_id, version),
  constraint epos_banners_check CHECK (((content_type IS NULL) = (content IS NULL))),
  constraint epos_banners_content_type_check CHECK ((content_type = ANY (ARRAY['image/png'::text, 'image/jpeg'::text, 'image/gif'::text]))),
  constraint epos_banners_version_check CHECK ((version >= 1))
);
create table exchanges (
  id bigint generated by default as identity not null,
  merchant_id bigint not null,
  cycle_id bigint,
  billing_month text not null,
  kind text not null,
  number integer not null,
  transport text not null,
  stage text not null,
  attention boolean default false not null,
  file_id bigint not null,
  records integer not null,
  amount_yen bigint not null,
  acceptance_number text,
  accepted_at timestamp with time zone,
  completed_at timestamp with time zone,
  finished_at timestamp with time zone,
  created_at timestamp with time zone not null,
  unclear_at timestamp with time zone,
  due_at timestamp with time zone,
  note text,
  constraint exchanges_pkey PRIMARY KEY (id),
  constraint exchanges_merchant_id_acceptance_number_key UNIQUE (merchant_id, acceptance_number),
  constraint exchanges_merchant_id_billing_month_kind_number_key UNIQUE (merchant_id, billing_month, kind, number),
  constraint exchanges_amount_yen_check CHECK ((amount_yen >= 0)),
  constraint exchanges_kind_check CHECK ((kind = ANY (ARRAY['auth'::text, 'capture'::text, 'retry'::text, 'link'::text, 'refresh'::text]))),
  constraint exchanges_number_check CHECK (((number >= 1) AND (number <= 999))),
  constraint exchanges_records_check CHECK ((records >= 1)),
  constraint exchanges_stage_check CHECK ((stage = ANY (ARRAY['built'::text, 'handing_over'::text, 'awaiting_result'::text, 'reconciling'::text, 'unknown'::text, 'reconciled'::text, 'rejected'::text, 'cancelled'::text]))),
  constraint exchanges_transport_check CHECK ((transport = ANY (ARRAY['portal'::text, 'telegram'::text, 'sftp'::text])))
);
create table file_chunks (
  file_id bigint not null,
  n integer not null,
  key_id text not null,
  iv bytea not null,
  data bytea not null,
  constraint file_chunks_pkey PRIMARY KEY (file_id, n),
  constraint file_chunks_n_check CHECK ((n >= 1))
);
create table file_lines (
  exchange_id bigint not null,
  line_number integer not null,
  merchant_id bigint not null,
  charge_id bigint not null,
  n integer not null,
  k integer,
  order_number text not null,
  yen integer not null,
  constraint file_lines_pkey PRIMARY KEY (exchange_id, line_number),
  constraint file_lines_exchange_id_charge_id_key UNIQUE (exchange_id, charge_id),
  constraint file_lines_line_number_check CHECK ((line_number >= 1))
);
create table files (
  id bigint generated by default as identity not null,
  merchant_id bigint not null,
  sha256 text not null,
  name text not null,
  kind text not null,
  direction text not null,
  bytes bigint not null,
  chunks integer not null,
  stored_at timestamp with time zone not null,
  stored_by text not null,
  constraint files_pkey PRIMARY KEY (id),
  constraint files_merchant_id_sha256_key UNIQUE (merchant_id, sha256),
  constraint files_bytes_check CHECK ((bytes >= 0)),
  constraint files_chunks_check CHECK ((chunks >= 0)),
  constraint files_direction_check CHECK ((direction = ANY (ARRAY['inbound'::text, 'outbound'::text]))),
  constraint files_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text))
);
create table format_errors (
  exchange_id bigint not null,
  send_number integer not null,
  i integer not null,
  merchant_id bigint not null,
  part text not null,
  line integer,
  item text not null,
  content text not null,
  constraint format_errors_pkey PRIMARY KEY (exchange_id, send_number, i),
  constraint format_errors_part_check CHECK ((part = ANY (ARRAY['header'::text, 'data'::text, 'trailer'::text])))
);
create table import_failures (
  import_id bigint not null,
  record integer not null,
  line integer not null,
  merchant_id bigint not null,
  columns text[] not null,
  errors text[] not null,
  constraint import_failures_pkey PRIMARY KEY (import_id, record),
  constraint import_failures_check CHECK ((cardinality(errors) = cardinality(columns))),
  constraint import_failures_record_check CHECK ((record >= 1))
);
create table import_warnings (
  import_id bigint not null,
  record integer not null,
  line integer not null,
  merchant_id bigint not null,
  columns text[] not null,
  warnings text[] not null,
  constraint import_warnings_pkey PRIMARY KEY (import_id, record),
  constraint import_warnings_check CHECK ((cardinality(warnings) = cardinality(columns))),
  constraint import_warnings_record_check CHECK ((record >= 1))
);
create table imports (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  number integer not null,
  kind text not null,
  file_id bigint not null,
  file_name text not null,
  request_key text not null,
  stage text not null,
  settings_version integer,
  encoding text,
  rows integer default 0 not null,
  imported integer default 0 not null,
  failed integer default 0 not null,
  warned integer default 0 not null,
  remarks text[] default '{}'::text[] not null,
  trouble text,
  registered_at timestamp with time zone not null,
  registered_by text not null,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  constraint imports_pkey PRIMARY KEY (id),
  constraint imports_merchant_id_number_key UNIQUE (merchant_id, number),
  constraint imports_merchant_id_request_key_key UNIQUE (merchant_id, request_key),
  constraint a_refused_file_imports_nothing CHECK (((stage <> 'refused'::text) OR (imported = 0))),
  constraint every_row_is_imported_or_failed CHECK (((stage <> 'done'::text) OR (rows = (imported + failed)))),
  constraint imports_check CHECK (((stage = 'refused'::text) = (trouble IS NOT NULL))),
  constraint imports_kind_check CHECK ((kind = ANY (ARRAY['customers'::text, 'cards'::text]))),
  constraint imports_number_check CHECK ((number >= 1)),
  constraint imports_stage_check CHECK ((stage = ANY (ARRAY['uploaded'::text, 'running'::text, 'done'::text, 'refused'::text, 'cancelled'::text])))
);
create table mail_outbox (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  key text not null,
  message_id text not null,
  template text not null,
  recipients text[] not null,
  parameters jsonb not null,
  due_at timestamp with time zone not null,
  created_at timestamp with time zone not null,
  cc text[] default '{}'::text[] not null,
  state text default 'waiting'::text not null,
  next_due_at timestamp with time zone,
  constraint mail_outbox_pkey PRIMARY KEY (id),
  constraint mail_outbox_merchant_id_key_key UNIQUE (merchant_id, key),
  constraint mail_outbox_message_id_key UNIQUE (message_id),
  constraint mail_outbox_recipients_check CHECK (((cardinality(recipients) = 0) = (template = 'ng_customer'::text))),
  constraint mail_outbox_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sending'::text, 'sent'::text, 'refused'::text, 'unknown'::text, 'withdrawn'::text]))),
  constraint waiting_mails_are_due CHECK (((state = 'waiting'::text) = (next_due_at IS NOT NULL)))
);
create table mail_send_answers (
  mail_id bigint not null,
  send_number integer not null,
  answer text not null,
  detail text,
  recorded_at timestamp with time zone not null,
  merchant_id bigint not null,
  decision_id bigint,
  retry_at timestamp with time zone,
  constraint mail_send_answers_pkey PRIMARY KEY (mail_id, send_number),
  constraint mail_send_answers_answer_check CHECK ((answer = ANY (ARRAY['sent'::text, 'refused'::text, 'not_sent'::text, 'withdrawn'::text]))),
  constraint only_mails_not_sent_are_tried_again CHECK (((retry_at IS NULL) OR (answer = 'not_sent'::text)))
);
create table mail_sends (
  mail_id bigint not null,
  send_number integer not null,
  claimed_at timestamp with time zone not null,
  merchant_id bigint not null,
  constraint mail_sends_pkey PRIMARY KEY (mail_id, send_number),
  constraint mail_sends_send_number_check CHECK ((send_number >= 1))
);
create table mailbox_mails (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  mailbox text not null,
  uid_validity bigint not null,
  uid bigint not null,
  sha256 text not null,
  message_id text,
  subject text not null,
  file_id bigint,
  refused text,
  duplicate_of bigint,
  handler text,
  taken_at timestamp with time zone not null,
  constraint mailbox_mails_pkey PRIMARY KEY (id),
  constraint mailbox_mails_merchant_id_mailbox_uid_validity_uid_key UNIQUE (merchant_id, mailbox, uid_validity, uid),
  constraint kept_or_refused CHECK (((file_id IS NULL) = (refused IS NOT NULL))),
  constraint mailbox_mails_mailbox_check CHECK ((mailbox ~ '^[0-9a-f]{64}$'::text)),
  constraint mailbox_mails_refused_check CHECK ((refused = ANY (ARRAY['card_number'::text, 'too_long'::text]))),
  constraint mailbox_mails_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint mailbox_mails_uid_check CHECK ((uid >= 1))
);
create table merchant_secrets (
  merchant_id bigint not null,
  name text not null,
  version integer not null,
  key_id text not null,
  iv bytea not null,
  data bytea not null,
  set_at timestamp with time zone not null,
  set_by text not null,
  constraint merchant_secrets_pkey PRIMARY KEY (merchant_id, name, version),
  constraint merchant_secrets_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9-]{0,63}$'::text)),
  constraint merchant_secrets_version_check CHECK ((version >= 1))
);
create table merchant_settings (
  merchant_id bigint not null,
  version integer not null,
  settings jsonb not null,
  actor text not null,
  reason text,
  recorded_at timestamp with time zone not null,
  constraint merchant_settings_pkey PRIMARY KEY (merchant_id, version),
  constraint merchant_settings_version_check CHECK ((version >= 1))
);
create table merchants (
  id bigint generated always as identity not null,
  slug text not null,
  name text not null,
  kind text not null,
  clock_offset_ms bigint default 0 not null,
  created_at timestamp with time zone not null,
  constraint merchants_pkey PRIMARY KEY (id),
  constraint merchants_slug_key UNIQUE (slug),
  constraint merchants_kind_check CHECK ((kind = ANY (ARRAY['real'::text, 'sandbox'::text]))),
  constraint merchants_slug_check CHECK ((slug ~ '^[a-z0-9-]{3,32}$'::text)),
  constraint real_merchants_live_in_real_time CHECK (((kind = 'sandbox'::text) OR (clock_offset_ms = 0)))
);
create table migration_acceptances (
  migration_id bigint not null,
  merchant_id bigint not null,
  coverage jsonb not null,
  accepted_at timestamp with time zone not null,
  accepted_by text not null,
  constraint migration_acceptances_pkey PRIMARY KEY (migration_id)
);
create table migration_acknowledgements (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  migration_id bigint not null,
  check_name text not null,
  on_date date,
  acknowledged_at timestamp with time zone not null,
  acknowledged_by text not null,
  constraint migration_acknowledgements_pkey PRIMARY KEY (id)
);
create table migration_card_changes (
  round_id bigint not null,
  card_id bigint not null,
  merchant_id bigint not null,
  created boolean not null,
  last_digits text,
  brand text,
  holder text,
  send_id text,
  sequence text,
  expiry text,
  auth_key_id text,
  auth_key_iv bytea,
  auth_key_data bytea,
  import_id bigint,
  updated_at timestamp with time zone,
  deleted_at timestamp with time zone,
  constraint migration_card_changes_pkey PRIMARY KEY (round_id, card_id),
  constraint migration_card_changes_check CHECK ((created = (import_id IS NULL))),
  constraint migration_card_changes_check1 CHECK ((num_nulls(auth_key_id, auth_key_iv, auth_key_data) = ANY (ARRAY[0, 3])))
);
create table migration_customer_decisions (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  migration_id bigint not null,
  customer_id integer not null,
  choice text not null,
  card_id bigint,
  card_ids bigint[] not null,
  decided_at timestamp with time zone not null,
  decided_by text not null,
  constraint migration_customer_decisions_pkey PRIMARY KEY (id),
  constraint migration_customer_decisions_check CHECK (((choice = 'default'::text) = (card_id IS NOT NULL))),
  constraint migration_customer_decisions_choice_check CHECK ((choice = ANY (ARRAY['default'::text, 'acknowledged'::text, 'excluded'::text, 'included'::text])))
);
create table migration_customers (
  link_file_id bigint not null,
  customer_id integer not null,
  merchant_id bigint not null,
  constraint migration_customers_pkey PRIMARY KEY (link_file_id, customer_id)
);
create table migration_hand_overs (
  link_file_id bigint not null,
  merchant_id bigint not null,
  way text not null,
  handed_over_at timestamp with time zone not null,
  handed_over_by text not null,
  constraint migration_hand_overs_pkey PRIMARY KEY (link_file_id),
  constraint migration_hand_overs_way_check CHECK ((way = ANY (ARRAY['person'::text, 'sftp'::text])))
);
create table migration_link_files (
  id bigint generated by default as identity not null,
  merchant_id bigint not null,
  migration_id bigint not null,
  n integer not null,
  file_id bigint not null,
  file_name text not null,
  customers integer not null,
  settings_version integer not null,
  released_at timestamp with time zone not null,
  released_by text not null,
  constraint migration_link_files_pkey PRIMARY KEY (id),
  constraint migration_link_files_migration_id_n_key UNIQUE (migration_id, n),
  constraint migration_link_files_customers_check CHECK ((customers >= 1)),
  constraint migration_link_files_n_check CHECK ((n >= 1))
);
create table migration_rounds (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  migration_id bigint not null,
  link_file_id bigint not null,
  n integer not null,
  file_id bigint not null,
  file_name text not null,
  addition boolean not null,
  state text not null,
  import_id bigint,
  lines integer default 0 not null,
  imported integer default 0 not null,
  failed integer default 0 not null,
  quarantined integer default 0 not null,
  settings_version integer,
  coverage jsonb,
  trouble text,
  taken_at timestamp with time zone not null,
  taken_by text not null,
  finished_at timestamp with time zone,
  superseded_at timestamp with time zone,
  constraint migration_rounds_pkey PRIMARY KEY (id),
  constraint migration_rounds_import_id_key UNIQUE (import_id),
  constraint migration_rounds_migration_id_n_key UNIQUE (migration_id, n),
  constraint every_line_has_one_end CHECK (((state <> 'done'::text) OR (lines = ((imported + failed) + quarantined)))),
  constraint migration_rounds_check CHECK (((state = 'refused'::text) = (trouble IS NOT NULL))),
  constraint migration_rounds_n_check CHECK ((n >= 1)),
  constraint migration_rounds_state_check CHECK ((state = ANY (ARRAY['taken'::text, 'read'::text, 'done'::text, 'refused'::text, 'cancelled'::text])))
);
create table migration_rows (
  round_id bigint not null,
  line integer not null,
  merchant_id bigint not null,
  record integer,
  customer_id integer,
  verdict text not null,
  columns text[] not null,
  errors text[] not null,
  constraint migration_rows_pkey PRIMARY KEY (round_id, line),
  constraint migration_rows_check CHECK ((cardinality(errors) = cardinality(columns))),
  constraint migration_rows_check1 CHECK (((verdict = 'passed'::text) = (record IS NOT NULL))),
  constraint migration_rows_verdict_check CHECK ((verdict = ANY (ARRAY['passed'::text, 'failed'::text, 'quarantined'::text])))
);
create table ng_case_steps (
  id bigint generated always as identity not null,
  case_id bigint not null,
  merchant_id bigint not null,
  kind text not null,
  n integer not null,
  decision_id bigint,
  actor text not null,
  why text not null,
  taken_at timestamp with time zone not null,
  constraint ng_case_steps_pkey PRIMARY KEY (id),
  constraint ng_case_steps_kind_check CHECK ((kind = ANY (ARRAY['opened'::text, 'declined_again'::text, 'planned'::text, 'retry'::text, 'retry_now'::text, 'contact'::text, 'new_card'::text, 'limit_raised'::text, 'classified'::text, 'replaced'::text, 'carry_over'::text, 'given_up'::text, 'cancelled'::text, 'closed'::text])))
);
create table ng_cases (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  cycle_id bigint not null,
  charge_id bigint not null,
  opened_n integer not null,
  n integer not null,
  amount_yen integer not null,
  class text default 'unknown'::text not null,
  code text,
  limit_kind text,
  next_step text default 'plan'::text not null,
  due_at timestamp with time zone,
  why text default ''::text not null,
  plan jsonb default '[]'::jsonb not null,
  revision integer default 1 not null,
  opened_at timestamp with time zone not null,
  outcome text,
  recovered_by text,
  closed_at timestamp with time zone,
  order_number text not null,
  constraint ng_cases_pkey PRIMARY KEY (id),
  constraint ng_cases_charge_id_opened_n_key UNIQUE (charge_id, opened_n),
  constraint ng_cases_amount_yen_check CHECK ((amount_yen > 0)),
  constraint ng_cases_check CHECK ((n >= opened_n)),
  constraint ng_cases_check1 CHECK (((outcome IS NULL) = (closed_at IS NULL))),
  constraint ng_cases_check2 CHECK (((next_step = 'none'::text) = (closed_at IS NOT NULL))),
  constraint ng_cases_class_check CHECK ((class = ANY (ARRAY['card_expired'::text, 'card_cancelled'::text, 'limit_exceeded'::text, 'insufficient_funds'::text, 'held'::text, 'system'::text, 'bad_request'::text, 'authentication'::text, 'unknown'::text]))),
  constraint ng_cases_limit_kind_check CHECK ((limit_kind = ANY (ARRAY['daily'::text, 'monthly'::text]))),
  constraint ng_cases_next_step_check CHECK ((next_step = ANY (ARRAY['plan'::text, 'retry'::text, 'contact'::text, 'carry_over'::text, 'await_order'::text, 'give_up'::text, 'decide'::text, 'fix_data'::text, 'await_result'::text, 'none'::text]))),
  constraint ng_cases_opened_n_check CHECK ((opened_n >= 1)),
  constraint ng_cases_outcome_check CHECK ((outcome = ANY (ARRAY['paid'::text, 'replaced'::text, 'carried_over'::text, 'cancelled'::text, 'given_up'::text, 'voided'::text, 'expired'::text]))),
  constraint ng_cases_recovered_by_check CHECK ((recovered_by = ANY (ARRAY['retry'::text, 'retry_now'::text, 'new_card'::text, 'limit_raised'::text, 'replaced'::text, 'other'::text])))
);
create table notice_reads (
  merchant_id bigint not null,
  actor text not null,
  notice_id bigint not null,
  read_at timestamp with time zone not null,
  constraint notice_reads_pkey PRIMARY KEY (merchant_id, actor, notice_id)
);
create table notices (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  key text not null,
  kind text not null,
  subject text not null,
  text text not null,
  link text,
  posted_at timestamp with time zone not null,
  constraint notices_pkey PRIMARY KEY (id),
  constraint notices_merchant_id_key_key UNIQUE (merchant_id, key)
);
create table occupations (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  name text not null,
  deleted_at timestamp with time zone,
  constraint occupations_pkey PRIMARY KEY (id),
  constraint occupations_merchant_id_name_key UNIQUE (merchant_id, name),
  constraint occupations_name_check CHECK ((name <> ''::text))
);
create table order_absences (
  collection_id bigint not null,
  order_number text not null,
  merchant_id bigint not null,
  cycle_id bigint not null,
  gone boolean not null,
  constraint order_absences_pkey PRIMARY KEY (collection_id, order_number)
);
create table order_collections (
  id bigint generated by default as identity not null,
  merchant_id bigint not null,
  cycle_id bigint not null,
  n integer not null,
  file_id bigint not null,
  settings_version integer not null,
  encoding text not null,
  records integer not null,
  quarantined integer not null,
  collected_at timestamp with time zone not null,
  complete boolean not null,
  added integer not null,
  changed integer not null,
  unchanged integer not null,
  gone integer not null,
  constraint order_collections_pkey PRIMARY KEY (id),
  constraint order_collections_cycle_id_file_id_settings_version_key UNIQUE (cycle_id, file_id, settings_version),
  constraint order_collections_cycle_id_n_key UNIQUE (cycle_id, n),
  constraint order_collections_n_check CHECK ((n >= 1))
);
create table order_hold_releases (
  merchant_id bigint not null,
  order_number text not null,
  n integer not null,
  decision_id bigint not null,
  released_at timestamp with time zone not null,
  constraint order_hold_releases_pkey PRIMARY KEY (merchant_id, order_number, n)
);
create table order_holds (
  merchant_id bigint not null,
  order_number text not null,
  n integer not null,
  cycle_id bigint not null,
  decision_id bigint not null,
  held_at timestamp with time zone not null,
  constraint order_holds_pkey PRIMARY KEY (merchant_id, order_number, n),
  constraint order_holds_n_check CHECK ((n >= 1))
);
create table orders (
  collection_id bigint not null,
  record integer not null,
  line integer not null,
  merchant_id bigint not null,
  order_number text not null,
  customer_number text not null,
  ordered_at timestamp with time zone,
  payment_method text not null,
  cycle_count integer,
  previous_order_number text,
  amount_yen integer not null,
  shipment text not null,
  shipped_on date,
  status text not null,
  customer_name text not null,
  email text not null,
  phone text not null,
  exclusion text,
  cycle_id bigint not null,
  version integer default 1 not null,
  constraint orders_pkey PRIMARY KEY (collection_id, record),
  constraint orders_amount_yen_check CHECK (((amount_yen >= 0) AND (amount_yen <= 9999999))),
  constraint orders_record_check CHECK ((record >= 1)),
  constraint orders_shipment_check CHECK ((shipment = ANY (ARRAY['unknown'::text, 'unshipped'::text, 'shipped'::text])))
);
create table outcomes (
  charge_id bigint not null,
  n integer not null,
  merchant_id bigint not null,
  outcome text not null,
  response_code text,
  response_detail text,
  payment_id text,
  processed_at timestamp with time zone,
  capture_before timestamp with time zone,
  exchange_id bigint,
  decision_id bigint,
  recorded_at timestamp with time zone not null,
  constraint outcomes_pkey PRIMARY KEY (charge_id, n),
  constraint outcomes_check CHECK (((outcome = 'ok'::text) = (capture_before IS NOT NULL))),
  constraint outcomes_outcome_check CHECK ((outcome = ANY (ARRAY['ok'::text, 'declined'::text, 'rejected'::text, 'not_sent'::text])))
);
create table payment_details (
  charge_id bigint not null,
  n integer not null,
  inquiry_id bigint not null,
  merchant_id bigint not null,
  transaction_id text not null,
  payment_id text,
  institution text,
  occurred_at timestamp with time zone,
  paid_at timestamp with time zone,
  constraint payment_details_pkey PRIMARY KEY (charge_id, n, inquiry_id)
);
create table payment_inquiries (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  cycle_id bigint not null,
  n integer not null,
  file_id bigint not null,
  rows integer not null,
  newest_at timestamp with time zone,
  decision_id bigint not null,
  read_at timestamp with time zone not null,
  constraint payment_inquiries_pkey PRIMARY KEY (id),
  constraint payment_inquiries_cycle_id_file_id_key UNIQUE (cycle_id, file_id),
  constraint payment_inquiries_cycle_id_n_key UNIQUE (cycle_id, n),
  constraint payment_inquiries_n_check CHECK ((n >= 1)),
  constraint payment_inquiries_rows_check CHECK ((rows >= 0))
);
create table payment_inquiry_rows (
  inquiry_id bigint not null,
  line integer not null,
  merchant_id bigint not null,
  order_number text,
  payment_id text,
  status text not null,
  standing text not null,
  amount_yen integer,
  institution text,
  occurred_at timestamp with time zone,
  updated_at timestamp with time zone,
  paid_at timestamp with time zone,
  problem text,
  constraint payment_inquiry_rows_pkey PRIMARY KEY (inquiry_id, line),
  constraint payment_inquiry_rows_amount_yen_check CHECK ((amount_yen >= 0)),
  constraint payment_inquiry_rows_line_check CHECK ((line >= 1)),
  constraint payment_inquiry_rows_standing_check CHECK ((standing = ANY (ARRAY['pending'::text, 'declined'::text, 'authorized'::text, 'voided'::text, 'expired'::text, 'captured'::text, 'refunded'::text, 'unknown'::text])))
);
create table payment_inquiry_uses (
  inquiry_id bigint not null,
  merchant_id bigint not null,
  decision_id bigint not null,
  rows integer not null,
  yen bigint not null,
  used_at timestamp with time zone not null,
  constraint payment_inquiry_uses_pkey PRIMARY KEY (inquiry_id)
);
create table preview_findings (
  preview_id bigint not null,
  kind text not null,
  i integer not null,
  merchant_id bigint not null,
  order_number text not null,
  customer_number text not null,
  amount_yen integer,
  last_order_number text,
  last_yen integer,
  detail text,
  constraint preview_findings_pkey PRIMARY KEY (preview_id, i),
  constraint preview_findings_i_check CHECK ((i >= 1))
);
create table preview_results (
  preview_id bigint not null,
  merchant_id bigint not null,
  trouble text,
  settings_version integer,
  selection_id bigint,
  run_ids bigint[] default '{}'::bigint[] not null,
  sha256 text,
  charges integer,
  amount_yen bigint,
  summary jsonb,
  computed_at timestamp with time zone not null,
  constraint preview_results_pkey PRIMARY KEY (preview_id),
  constraint preview_results_amount_yen_check CHECK ((amount_yen >= 0)),
  constraint preview_results_charges_check CHECK ((charges >= 0)),
  constraint preview_results_check CHECK ((num_nulls(settings_version, sha256, charges, amount_yen, summary) =
CASE
    WHEN (trouble IS NULL) THEN 0
    ELSE 5
END)),
  constraint preview_results_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text))
);
create table previews (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  billing_month text not null,
  n integer not null,
  kind text not null,
  file_id bigint,
  requesters text[] not null,
  request_key text,
  requested_at timestamp with time zone not null,
  constraint previews_pkey PRIMARY KEY (id),
  constraint previews_merchant_id_billing_month_n_key UNIQUE (merchant_id, billing_month, n),
  constraint previews_merchant_id_request_key_key UNIQUE (merchant_id, request_key),
  constraint previews_billing_month_check CHECK ((billing_month ~ '^\d{4}-(0[1-9]|1[0-2])$'::text)),
  constraint previews_check CHECK (((kind = 'dry_run'::text) OR ((file_id IS NULL) AND (request_key IS NULL)))),
  constraint previews_kind_check CHECK ((kind = ANY (ARRAY['run'::text, 'dry_run'::text]))),
  constraint previews_n_check CHECK ((n >= 1))
);
create table quarantined_orders (
  collection_id bigint not null,
  record integer not null,
  line integer not null,
  merchant_id bigint not null,
  order_number text,
  column_name text,
  value text,
  reason_code text not null,
  reason_ja text not null,
  reason_en text not null,
  cycle_id bigint not null,
  version integer,
  constraint quarantined_orders_pkey PRIMARY KEY (collection_id, record),
  constraint quarantined_orders_check CHECK (((order_number IS NULL) = (version IS NULL))),
  constraint quarantined_orders_record_check CHECK ((record >= 1))
);
create table refresh_quarantine (
  refresh_id bigint not null,
  n integer not null,
  result_line integer not null,
  merchant_id bigint not null,
  reason text not null,
  field text,
  member_id text,
  constraint refresh_quarantine_pkey PRIMARY KEY (refresh_id, n, result_line),
  constraint refresh_quarantine_reason_check CHECK ((reason = ANY (ARRAY['unmatched'::text, 'doubled'::text, 'other_month'::text, 'bad_verdict'::text, 'bad_columns'::text, 'bad_data'::text, 'unreadable'::text])))
);
create table refresh_result_files (
  refresh_id bigint not null,
  n integer not null,
  merchant_id bigint not null,
  file_id bigint not null,
  layout_key text not null,
  read_at timestamp with time zone not null,
  lines integer not null,
  merged integer not null,
  news integer not null,
  quarantined integer not null,
  missing integer not null,
  counts jsonb not null,
  constraint refresh_result_files_pkey PRIMARY KEY (refresh_id, n),
  constraint refresh_result_files_refresh_id_file_id_layout_key_key UNIQUE (refresh_id, file_id, layout_key),
  constraint every_line_is_accounted_for CHECK ((lines = (merged + quarantined))),
  constraint refresh_result_files_check CHECK ((news <= merged)),
  constraint refresh_result_files_n_check CHECK ((n >= 1))
);
create table refresh_results (
  refresh_id bigint not null,
  line integer not null,
  n integer not null,
  merchant_id bigint not null,
  card_id bigint not null,
  result_line integer not null,
  verdict smallint not null,
  outcome text not null,
  last_digits_before text not null,
  expiry_before text not null,
  last_digits_after text,
  expiry_after text,
  constraint refresh_results_pkey PRIMARY KEY (refresh_id, line, n),
  constraint refresh_results_check CHECK (((verdict = 0) OR (outcome = ANY (ARRAY['refused'::text, 'card_changed'::text, 'card_gone'::text])))),
  constraint refresh_results_check1 CHECK (((verdict <> 0) OR (outcome <> 'refused'::text))),
  constraint refresh_results_outcome_check CHECK ((outcome = ANY (ARRAY['renewed'::text, 'valid'::text, 'no_newer_data'::text, 'refused'::text, 'card_changed'::text, 'card_gone'::text]))),
  constraint refresh_results_verdict_check CHECK (((verdict >= 0) AND (verdict <= 3)))
);
create table refresh_send_answers (
  refresh_id bigint not null,
  n integer not null,
  merchant_id bigint not null,
  answer text not null,
  answered_at timestamp with time zone not null,
  constraint refresh_send_answers_pkey PRIMARY KEY (refresh_id, n),
  constraint refresh_send_answers_answer_check CHECK ((answer = ANY (ARRAY['accepted'::text, 'not_sent'::text])))
);
create table refresh_sends (
  refresh_id bigint not null,
  n integer not null,
  merchant_id bigint not null,
  intended_at timestamp with time zone not null,
  constraint refresh_sends_pkey PRIMARY KEY (refresh_id, n),
  constraint refresh_sends_n_check CHECK ((n >= 1))
);
create table refresh_targets (
  refresh_id bigint not null,
  line integer not null,
  merchant_id bigint not null,
  card_id bigint not null,
  customer_id integer not null,
  member_id text not null,
  card_sequence text not null,
  last_digits text not null,
  expiry text not null,
  why text not null,
  constraint refresh_targets_pkey PRIMARY KEY (refresh_id, line),
  constraint refresh_targets_card_id_refresh_id_key UNIQUE (card_id, refresh_id),
  constraint refresh_targets_line_check CHECK ((line >= 1)),
  constraint refresh_targets_why_check CHECK ((why = ANY (ARRAY['first_refresh'::text, 'expires_this_month'::text, 'expires_next_month'::text])))
);
create table result_files (
  exchange_id bigint not null,
  round integer not null,
  merchant_id bigint not null,
  file_id bigint not null,
  findings jsonb not null,
  ingested_at timestamp with time zone not null,
  constraint result_files_pkey PRIMARY KEY (exchange_id, round),
  constraint result_files_exchange_id_file_id_key UNIQUE (exchange_id, file_id),
  constraint result_files_round_check CHECK ((round >= 1))
);
create table result_lines (
  exchange_id bigint not null,
  round integer not null,
  line_number integer not null,
  merchant_id bigint not null,
  verdict text not null,
  result_line integer,
  response_code text,
  response_detail text,
  payment_id text,
  processed_at timestamp with time zone,
  reasons jsonb default '[]'::jsonb not null,
  constraint result_lines_pkey PRIMARY KEY (exchange_id, round, line_number),
  constraint result_lines_verdict_check CHECK ((verdict = ANY (ARRAY['ok'::text, 'ng'::text, 'unknown'::text, 'quarantined'::text])))
);
create table result_sightings (
  merchant_id bigint not null,
  file_name text not null,
  bytes bigint not null,
  mark text not null,
  seen_at timestamp with time zone not null,
  constraint result_sightings_pkey PRIMARY KEY (merchant_id, file_name, bytes, mark)
);
create table result_strays (
  exchange_id bigint not null,
  round integer not null,
  result_line integer not null,
  merchant_id bigint not null,
  order_number text,
  yen integer,
  reasons jsonb not null,
  constraint result_strays_pkey PRIMARY KEY (exchange_id, round, result_line)
);
create table run_orders (
  run_id bigint not null,
  order_number text not null,
  merchant_id bigint not null,
  constraint run_orders_pkey PRIMARY KEY (run_id, order_number)
);
create table run_plans (
  run_id bigint not null,
  merchant_id bigint not null,
  selection_id bigint not null,
  charges integer not null,
  planned_at timestamp with time zone not null,
  constraint run_plans_pkey PRIMARY KEY (run_id)
);
create table run_withdrawals (
  run_id bigint not null,
  merchant_id bigint not null,
  decision_id bigint not null,
  withdrawn_at timestamp with time zone not null,
  constraint run_withdrawals_pkey PRIMARY KEY (run_id)
);
create table runs (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  cycle_id bigint not null,
  n integer not null,
  scope text not null,
  decision_id bigint,
  opened_at timestamp with time zone not null,
  orders integer,
  constraint runs_pkey PRIMARY KEY (id),
  constraint runs_cycle_id_n_key UNIQUE (cycle_id, n),
  constraint chosen_runs_know_their_orders CHECK (((scope = 'chosen'::text) = (orders IS NOT NULL))),
  constraint runs_n_check CHECK ((n >= 1)),
  constraint runs_scope_check CHECK ((scope = ANY (ARRAY['all'::text, 'chosen'::text])))
);
create table schedule_decisions (
  merchant_id bigint not null,
  what text not null,
  n integer not null,
  paused boolean not null,
  actor text not null,
  reason text not null,
  decided_at timestamp with time zone not null,
  constraint schedule_decisions_pkey PRIMARY KEY (merchant_id, what, n),
  constraint schedule_decisions_n_check CHECK ((n > 0)),
  constraint schedule_decisions_what_check CHECK ((what = ANY (ARRAY['cycle'::text, 'refresh'::text, 'retention'::text])))
);
create table selection_rows (
  selection_id bigint not null,
  record integer not null,
  merchant_id bigint not null,
  order_number text,
  amount_yen integer,
  verdict text not null,
  reason text,
  charge_id bigint,
  cycle_id bigint not null,
  collection_id bigint not null,
  version integer,
  n integer default 1 not null,
  constraint selection_rows_pkey PRIMARY KEY (collection_id, record, n),
  constraint selection_rows_check CHECK (((verdict = 'selected'::text) = (reason IS NULL))),
  constraint selection_rows_verdict_check CHECK ((verdict = ANY (ARRAY['selected'::text, 'excluded'::text, 'quarantined'::text])))
);
create table selections (
  id bigint generated by default as identity not null,
  merchant_id bigint not null,
  cycle_id bigint not null,
  n integer not null,
  collection_id bigint not null,
  selected_at timestamp with time zone not null,
  constraint selections_pkey PRIMARY KEY (id),
  constraint selections_cycle_id_n_key UNIQUE (cycle_id, n),
  constraint selections_n_check CHECK ((n >= 1))
);
create table send_answers (
  exchange_id bigint not null,
  send_number integer not null,
  merchant_id bigint not null,
  answer text not null,
  acceptance_number text,
  decision_id bigint,
  recorded_at timestamp with time zone not null,
  constraint send_answers_pkey PRIMARY KEY (exchange_id, send_number),
  constraint send_answers_answer_check CHECK ((answer = ANY (ARRAY['accepted'::text, 'rejected'::text, 'not_sent'::text])))
);
create table send_error_acts (
  id bigint generated always as identity not null,
  send_error_id bigint not null,
  merchant_id bigint not null,
  act text not null,
  parameters jsonb,
  decision_id bigint not null,
  acted_at timestamp with time zone not null,
  constraint send_error_acts_pkey PRIMARY KEY (id),
  constraint send_error_acts_send_error_id_key UNIQUE (send_error_id),
  constraint send_error_acts_act_check CHECK ((act = ANY (ARRAY['resend'::text, 'settle'::text]))),
  constraint send_error_acts_check CHECK (((parameters IS NULL) OR (act = 'resend'::text)))
);
create table send_error_digests (
  endpoint_id bigint not null,
  up_to_error_id bigint not null,
  merchant_id bigint not null,
  posted_at timestamp with time zone not null,
  constraint send_error_digests_pkey PRIMARY KEY (endpoint_id, up_to_error_id)
);
create table send_errors (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  public_id uuid default gen_random_uuid() not null,
  delivery_id bigint not null,
  attempt integer not null,
  failed_at timestamp with time zone not null,
  constraint send_errors_pkey PRIMARY KEY (id),
  constraint send_errors_delivery_id_attempt_key UNIQUE (delivery_id, attempt),
  constraint send_errors_public_id_key UNIQUE (public_id)
);
create table sends (
  exchange_id bigint not null,
  send_number integer not null,
  merchant_id bigint not null,
  intended_at timestamp with time zone not null,
  deadline timestamp with time zone,
  constraint sends_pkey PRIMARY KEY (exchange_id, send_number),
  constraint sends_send_number_check CHECK ((send_number >= 1))
);
create table sessions (
  id bigint generated always as identity not null,
  session_hash bytea not null,
  user_id bigint not null,
  device_hash bytea not null,
  started_at timestamp with time zone not null,
  seen_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint sessions_pkey PRIMARY KEY (id),
  constraint sessions_session_hash_key UNIQUE (session_hash),
  constraint sessions_check CHECK ((expires_at > started_at)),
  constraint sessions_device_hash_check CHECK ((octet_length(device_hash) = 32)),
  constraint sessions_session_hash_check CHECK ((octet_length(session_hash) = 32))
);
create table shipments (
  charge_id bigint not null,
  merchant_id bigint not null,
  shipped_on date not null,
  collection_id bigint,
  decision_id bigint,
  recorded_at timestamp with time zone not null,
  constraint shipments_pkey PRIMARY KEY (charge_id),
  constraint shipments_check CHECK ((num_nonnulls(collection_id, decision_id) = 1))
);
create table source_files (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  cycle_id bigint not null,
  source text not null,
  name text not null,
  bytes bigint not null,
  mark text not null,
  sha256 text,
  fetched_at timestamp with time zone not null,
  refusal text,
  refused_settings_version integer,
  constraint source_files_pkey PRIMARY KEY (id),
  constraint source_files_merchant_id_cycle_id_source_name_bytes_mark_key UNIQUE (merchant_id, cycle_id, source, name, bytes, mark),
  constraint source_files_bytes_check CHECK ((bytes >= 0)),
  constraint source_files_check CHECK (((sha256 IS NOT NULL) OR (refusal IS NOT NULL))),
  constraint source_files_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text))
);
create table source_looks (
  merchant_id bigint not null,
  looked_at timestamp with time zone not null,
  source text not null,
  seen jsonb not null,
  error text,
  error_at timestamp with time zone,
  constraint source_looks_pkey PRIMARY KEY (merchant_id)
);
create table stray_settlements (
  exchange_id bigint not null,
  round integer not null,
  result_line integer not null,
  merchant_id bigint not null,
  order_number text,
  yen integer,
  occurrence integer not null,
  action text not null,
  decision_id bigint not null,
  settled_at timestamp with time zone not null,
  constraint stray_settlements_pkey PRIMARY KEY (exchange_id, round, result_line),
  constraint stray_settlements_exchange_id_order_number_yen_occurrence_key UNIQUE NULLS NOT DISTINCT (exchange_id, order_number, yen, occurrence),
  constraint stray_settlements_action_check CHECK ((action = ANY (ARRAY['acknowledge'::text, 'other_file'::text]))),
  constraint stray_settlements_occurrence_check CHECK ((occurrence >= 1))
);
create table subscriptions (
  merchant_id bigint not null,
  subscription_number text not null,
  customer_id integer not null,
  card_id bigint,
  amount_yen integer not null,
  status text not null,
  next_month text,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  began_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint subscriptions_pkey PRIMARY KEY (merchant_id, subscription_number),
  constraint subscriptions_amount_yen_check CHECK (((amount_yen >= 0) AND (amount_yen <= 9999999))),
  constraint subscriptions_next_month_check CHECK ((next_month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'::text)),
  constraint subscriptions_status_check CHECK ((status = ANY (ARRAY['active'::text, 'paused'::text, 'ended'::text]))),
  constraint subscriptions_subscription_number_check CHECK ((subscription_number <> ''::text))
);
create table token_merchants (
  token_id bigint not null,
  merchant_id bigint not null,
  constraint token_merchants_pkey PRIMARY KEY (token_id, merchant_id)
);
create table tokens (
  id bigint generated always as identity not null,
  token_hash bytea not null,
  actor text not null,
  role text not null,
  all_merchants boolean not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  export_personal_data boolean,
  edit_send_parameters boolean,
  constraint tokens_pkey PRIMARY KEY (id),
  constraint tokens_token_hash_key UNIQUE (token_hash),
  constraint tokens_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'operator'::text, 'approver'::text, 'admin'::text]))),
  constraint tokens_token_hash_check CHECK ((octet_length(token_hash) = 32))
);
create table user_grants (
  id bigint generated always as identity not null,
  user_id bigint not null,
  merchant_id bigint,
  role text,
  export_personal_data boolean not null,
  edit_send_parameters boolean not null,
  granted_at timestamp with time zone not null,
  granted_by text not null,
  constraint user_grants_pkey PRIMARY KEY (id),
  constraint user_grants_check CHECK (((role IS NOT NULL) OR (NOT (export_personal_data OR edit_send_parameters)))),
  constraint user_grants_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'operator'::text, 'approver'::text, 'admin'::text])))
);
create table users (
  id bigint generated always as identity not null,
  login text not null,
  name text not null,
  password_hash text not null,
  password_set_at timestamp with time zone not null,
  password_set_by text not null,
  disabled_at timestamp with time zone,
  created_at timestamp with time zone not null,
  created_by text not null,
  constraint users_pkey PRIMARY KEY (id),
  constraint users_login_key UNIQUE (login),
  constraint users_login_check CHECK ((login ~ '^[a-z0-9][a-z0-9._@+-]{2,63}$'::text)),
  constraint users_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  constraint users_password_hash_check CHECK ((password_hash ~~ '$scrypt$%'::text))
);
create table webhook_events (
  id bigint generated always as identity not null,
  merchant_id bigint not null,
  public_id uuid default gen_random_uuid() not null,
  type text not null,
  key text not null,
  subject text not null,
  data jsonb not null,
  occurred_at timestamp with time zone not null,
  cycle_id bigint,
  exchange_id bigint,
  decision_id bigint,
  constraint webhook_events_pkey PRIMARY KEY (id),
  constraint webhook_events_merchant_id_key_key UNIQUE (merchant_id, key),
  constraint webhook_events_public_id_key UNIQUE (public_id),
  constraint webhook_events_type_check CHECK ((type ~ '^[a-z]+([.][a-z]+)?$'::text))
);

alter table allowed_hosts add constraint allowed_hosts_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table audit_heads add constraint audit_heads_chain_id_n_fkey FOREIGN KEY (chain_id, n) REFERENCES audit_entries(chain_id, n);
alter table authorization_requests add constraint authorization_requests_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table authorization_requests add constraint authorization_requests_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table capture_requests add constraint capture_requests_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table capture_waves add constraint capture_waves_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES cycles(id);
alter table capture_waves add constraint capture_waves_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table card_lock_override_answers add constraint card_lock_override_answers_override_id_fkey FOREIGN KEY (override_id) REFERENCES card_lock_overrides(id);
alter table card_lock_overrides add constraint card_lock_overrides_evidence_file_id_fkey FOREIGN KEY (evidence_file_id) REFERENCES files(id);
alter table card_lock_overrides add constraint card_lock_overrides_lock_id_fkey FOREIGN KEY (lock_id) REFERENCES card_locks(id);
alter table card_locks add constraint card_locks_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table card_locks add constraint card_locks_refresh_id_fkey FOREIGN KEY (refresh_id) REFERENCES card_refreshes(id);
alter table card_migrations add constraint card_migrations_follows_id_fkey FOREIGN KEY (follows_id) REFERENCES card_migrations(id);
alter table card_migrations add constraint card_migrations_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table card_notices add constraint card_notices_mail_id_fkey FOREIGN KEY (mail_id) REFERENCES customer_mails(mail_id);
alter table card_notices add constraint card_notices_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table card_refreshes add constraint card_refreshes_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table card_refreshes add constraint card_refreshes_request_file_id_fkey FOREIGN KEY (request_file_id) REFERENCES files(id);
alter table card_unlocks add constraint card_unlocks_lock_id_fkey FOREIGN KEY (lock_id) REFERENCES card_locks(id);
alter table card_unlocks add constraint card_unlocks_override_id_fkey FOREIGN KEY (override_id) REFERENCES card_lock_overrides(id);
alter table carrier_calls add constraint carrier_calls_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table carrier_resend_closings add constraint carrier_resend_closings_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table carrier_resend_closings add constraint carrier_resend_closings_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table carrier_resend_closings add constraint carrier_resend_closings_task_id_fkey FOREIGN KEY (task_id) REFERENCES carrier_resend_tasks(id);
alter table carrier_resend_tasks add constraint carrier_resend_tasks_mail_id_fkey FOREIGN KEY (mail_id) REFERENCES mailbox_mails(id);
alter table carrier_resend_tasks add constraint carrier_resend_tasks_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table carrier_results add constraint carrier_results_call_id_fkey FOREIGN KEY (call_id) REFERENCES carrier_calls(id);
alter table carrier_results add constraint carrier_results_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table carrier_verdicts add constraint carrier_verdicts_call_id_fkey FOREIGN KEY (call_id) REFERENCES carrier_calls(id);
alter table carrier_verdicts add constraint carrier_verdicts_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table carrier_verdicts add constraint carrier_verdicts_result_id_fkey FOREIGN KEY (result_id) REFERENCES carrier_results(id);
alter table carry_over_choices add constraint carry_over_choices_case_id_fkey FOREIGN KEY (case_id) REFERENCES ng_cases(id);
alter table carry_over_choices add constraint carry_over_choices_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table charge_clearances add constraint charge_clearances_preview_id_fkey FOREIGN KEY (preview_id) REFERENCES clearances(preview_id);
alter table charge_registrations add constraint charge_registrations_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table clearances add constraint clearances_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES cycles(id);
alter table clearances add constraint clearances_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table clearances add constraint clearances_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table clearances add constraint clearances_preview_id_fkey FOREIGN KEY (preview_id) REFERENCES previews(id);
alter table closed_months add constraint closed_months_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES cycles(id);
alter table completion_mails add constraint completion_mails_mail_id_fkey FOREIGN KEY (mail_id) REFERENCES mailbox_mails(id);
alter table completion_mails add constraint completion_mails_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table completion_matches add constraint completion_matches_exchange_id_fkey FOREIGN KEY (exchange_id) REFERENCES exchanges(id);
alter table completion_matches add constraint completion_matches_mail_id_fkey FOREIGN KEY (mail_id) REFERENCES completion_mails(mail_id);
alter table completion_matches add constraint completion_matches_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table contradiction_settlements add constraint contradiction_settlements_contradiction_id_fkey FOREIGN KEY (contradiction_id) REFERENCES contradictions(id);
alter table contradiction_settlements add constraint contradiction_settlements_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table correction_acknowledgements add constraint correction_acknowledgements_correction_id_fkey FOREIGN KEY (correction_id) REFERENCES corrections(id);
alter table correction_acknowledgements add constraint correction_acknowledgements_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table corrections add constraint corrections_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES cycles(id);
alter table corrections add constraint corrections_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table corrections add constraint corrections_exchange_id_fkey FOREIGN KEY (exchange_id) REFERENCES exchanges(id);
alter table corrections add constraint corrections_file_id_fkey FOREIGN KEY (file_id) REFERENCES files(id);
alter table corrections add constraint corrections_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table customer_mail_bounces add constraint customer_mail_bounces_mail_id_fkey FOREIGN KEY (mail_id) REFERENCES customer_mails(mail_id);
alter table customer_mail_bounces add constraint customer_mail_bounces_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table customer_mail_bounces add constraint customer_mail_bounces_report_id_fkey FOREIGN KEY (report_id) REFERENCES mailbox_mails(id);
alter table customer_mail_templates add constraint customer_mail_templates_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table customer_mail_tries add constraint customer_mail_tries_mail_id_send_number_fkey FOREIGN KEY (mail_id, send_number) REFERENCES mail_sends(mail_id, send_number);
alter table customer_mail_tries add constraint customer_mail_tries_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table customer_mails add constraint customer_mails_case_id_fkey FOREIGN KEY (case_id) REFERENCES ng_cases(id);
alter table customer_mails add constraint customer_mails_mail_id_fkey FOREIGN KEY (mail_id) REFERENCES mail_outbox(id);
alter table customer_mails add constraint customer_mails_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table customer_mails add constraint customer_mails_step_id_fkey FOREIGN KEY (step_id) REFERENCES ng_case_steps(id);
alter table customer_numberings add constraint customer_numberings_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table customer_tags add constraint customer_tags_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table cycles add constraint cycles_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table decisions add constraint decisions_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table deliveries add constraint deliveries_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES delivery_endpoints(id);
alter table deliveries add constraint deliveries_event_id_fkey FOREIGN KEY (event_id) REFERENCES webhook_events(id);
alter table deliveries add constraint deliveries_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table deliveries add constraint deliveries_resent_by_fkey FOREIGN KEY (resent_by) REFERENCES decisions(id);
alter table deliveries add constraint deliveries_result_id_fkey FOREIGN KEY (result_id) REFERENCES carrier_results(id);
alter table delivery_attempts add constraint delivery_attempts_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES deliveries(id);
alter table delivery_attempts add constraint delivery_attempts_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table delivery_endpoints add constraint delivery_endpoints_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table desk_decisions add constraint desk_decisions_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table desk_decisions add constraint desk_decisions_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table epos_banners add constraint epos_banners_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table exchanges add constraint exchanges_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES cycles(id);
alter table exchanges add constraint exchanges_file_id_fkey FOREIGN KEY (file_id) REFERENCES files(id);
alter table exchanges add constraint exchanges_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table files add constraint files_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table imports add constraint imports_file_id_fkey FOREIGN KEY (file_id) REFERENCES files(id);
alter table imports add constraint imports_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table mail_outbox add constraint mail_outbox_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table mail_send_answers add constraint mail_send_answers_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table mail_send_answers add constraint mail_send_answers_mail_id_send_number_fkey FOREIGN KEY (mail_id, send_number) REFERENCES mail_sends(mail_id, send_number);
alter table mail_send_answers add constraint mail_send_answers_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table mail_sends add constraint mail_sends_mail_id_fkey FOREIGN KEY (mail_id) REFERENCES mail_outbox(id);
alter table mail_sends add constraint mail_sends_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table mailbox_mails add constraint mailbox_mails_duplicate_of_fkey FOREIGN KEY (duplicate_of) REFERENCES mailbox_mails(id);
alter table mailbox_mails add constraint mailbox_mails_file_id_fkey FOREIGN KEY (file_id) REFERENCES files(id);
alter table mailbox_mails add constraint mailbox_mails_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table merchant_secrets add constraint merchant_secrets_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table merchant_settings add constraint merchant_settings_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table migration_acceptances add constraint migration_acceptances_migration_id_fkey FOREIGN KEY (migration_id) REFERENCES card_migrations(id);
alter table migration_acknowledgements add constraint migration_acknowledgements_migration_id_fkey FOREIGN KEY (migration_id) REFERENCES card_migrations(id);
alter table migration_customer_decisions add constraint migration_customer_decisions_card_id_fkey FOREIGN KEY (card_id) REFERENCES cards(id);
alter table migration_customer_decisions add constraint migration_customer_decisions_migration_id_fkey FOREIGN KEY (migration_id) REFERENCES card_migrations(id);
alter table migration_hand_overs add constraint migration_hand_overs_link_file_id_fkey FOREIGN KEY (link_file_id) REFERENCES migration_link_files(id);
alter table migration_link_files add constraint migration_link_files_file_id_fkey FOREIGN KEY (file_id) REFERENCES files(id);
alter table migration_link_files add constraint migration_link_files_migration_id_fkey FOREIGN KEY (migration_id) REFERENCES card_migrations(id);
alter table migration_rounds add constraint migration_rounds_file_id_fkey FOREIGN KEY (file_id) REFERENCES files(id);
alter table migration_rounds add constraint migration_rounds_import_id_fkey FOREIGN KEY (import_id) REFERENCES imports(id);
alter table migration_rounds add constraint migration_rounds_link_file_id_fkey FOREIGN KEY (link_file_id) REFERENCES migration_link_files(id);
alter table migration_rounds add constraint migration_rounds_migration_id_fkey FOREIGN KEY (migration_id) REFERENCES card_migrations(id);
alter table ng_case_steps add constraint ng_case_steps_case_id_fkey FOREIGN KEY (case_id) REFERENCES ng_cases(id);
alter table ng_case_steps add constraint ng_case_steps_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table ng_cases add constraint ng_cases_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES cycles(id);
alter table ng_cases add constraint ng_cases_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table notice_reads add constraint notice_reads_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table notice_reads add constraint notice_reads_notice_id_fkey FOREIGN KEY (notice_id) REFERENCES notices(id);
alter table notices add constraint notices_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table occupations add constraint occupations_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table order_collections add constraint order_collections_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES cycles(id);
alter table order_collections add constraint order_collections_file_id_fkey FOREIGN KEY (file_id) REFERENCES files(id);
alter table order_collections add constraint order_collections_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table order_hold_releases add constraint order_hold_releases_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table order_hold_releases add constraint order_hold_releases_merchant_id_order_number_n_fkey FOREIGN KEY (merchant_id, order_number, n) REFERENCES order_holds(merchant_id, order_number, n);
alter table order_holds add constraint order_holds_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES cycles(id);
alter table order_holds add constraint order_holds_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table order_holds add constraint order_holds_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table payment_details add constraint payment_details_inquiry_id_fkey FOREIGN KEY (inquiry_id) REFERENCES payment_inquiries(id);
alter table payment_inquiries add constraint payment_inquiries_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES cycles(id);
alter table payment_inquiries add constraint payment_inquiries_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table payment_inquiries add constraint payment_inquiries_file_id_fkey FOREIGN KEY (file_id) REFERENCES files(id);
alter table payment_inquiries add constraint payment_inquiries_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table payment_inquiry_uses add constraint payment_inquiry_uses_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table payment_inquiry_uses add constraint payment_inquiry_uses_inquiry_id_fkey FOREIGN KEY (inquiry_id) REFERENCES payment_inquiries(id);
alter table payment_inquiry_uses add constraint payment_inquiry_uses_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table preview_findings add constraint preview_findings_preview_id_fkey FOREIGN KEY (preview_id) REFERENCES previews(id);
alter table preview_results add constraint preview_results_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table preview_results add constraint preview_results_preview_id_fkey FOREIGN KEY (preview_id) REFERENCES previews(id);
alter table previews add constraint previews_file_id_fkey FOREIGN KEY (file_id) REFERENCES files(id);
alter table previews add constraint previews_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table refresh_result_files add constraint refresh_result_files_file_id_fkey FOREIGN KEY (file_id) REFERENCES files(id);
alter table refresh_result_files add constraint refresh_result_files_refresh_id_fkey FOREIGN KEY (refresh_id) REFERENCES card_refreshes(id);
alter table refresh_send_answers add constraint refresh_send_answers_refresh_id_n_fkey FOREIGN KEY (refresh_id, n) REFERENCES refresh_sends(refresh_id, n);
alter table refresh_sends add constraint refresh_sends_refresh_id_fkey FOREIGN KEY (refresh_id) REFERENCES card_refreshes(id);
alter table result_files add constraint result_files_exchange_id_fkey FOREIGN KEY (exchange_id) REFERENCES exchanges(id);
alter table result_files add constraint result_files_file_id_fkey FOREIGN KEY (file_id) REFERENCES files(id);
alter table result_sightings add constraint result_sightings_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table run_orders add constraint run_orders_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id);
alter table run_plans add constraint run_plans_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id);
alter table run_plans add constraint run_plans_selection_id_fkey FOREIGN KEY (selection_id) REFERENCES selections(id);
alter table run_withdrawals add constraint run_withdrawals_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table run_withdrawals add constraint run_withdrawals_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id);
alter table runs add constraint runs_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES cycles(id);
alter table runs add constraint runs_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table runs add constraint runs_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table schedule_decisions add constraint schedule_decisions_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table selections add constraint selections_collection_id_fkey FOREIGN KEY (collection_id) REFERENCES order_collections(id);
alter table selections add constraint selections_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES cycles(id);
alter table selections add constraint selections_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table send_answers add constraint send_answers_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table send_answers add constraint send_answers_exchange_id_send_number_fkey FOREIGN KEY (exchange_id, send_number) REFERENCES sends(exchange_id, send_number);
alter table send_error_acts add constraint send_error_acts_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table send_error_acts add constraint send_error_acts_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table send_error_acts add constraint send_error_acts_send_error_id_fkey FOREIGN KEY (send_error_id) REFERENCES send_errors(id);
alter table send_error_digests add constraint send_error_digests_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES delivery_endpoints(id);
alter table send_error_digests add constraint send_error_digests_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table send_error_digests add constraint send_error_digests_up_to_error_id_fkey FOREIGN KEY (up_to_error_id) REFERENCES send_errors(id);
alter table send_errors add constraint send_errors_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES deliveries(id);
alter table send_errors add constraint send_errors_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table sends add constraint sends_exchange_id_fkey FOREIGN KEY (exchange_id) REFERENCES exchanges(id);
alter table sessions add constraint sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id);
alter table source_files add constraint source_files_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES cycles(id);
alter table source_files add constraint source_files_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table source_looks add constraint source_looks_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table stray_settlements add constraint stray_settlements_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id);
alter table stray_settlements add constraint stray_settlements_exchange_id_round_result_line_fkey FOREIGN KEY (exchange_id, round, result_line) REFERENCES result_strays(exchange_id, round, result_line);
alter table stray_settlements add constraint stray_settlements_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table subscriptions add constraint subscriptions_card_id_fkey FOREIGN KEY (card_id) REFERENCES cards(id);
alter table subscriptions add constraint subscriptions_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table token_merchants add constraint token_merchants_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table token_merchants add constraint token_merchants_token_id_fkey FOREIGN KEY (token_id) REFERENCES tokens(id);
alter table user_grants add constraint user_grants_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);
alter table user_grants add constraint user_grants_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id);
alter table webhook_events add constraint webhook_events_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES cycles(id);
alter table webhook_events add constraint webhook_events_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id);

CREATE INDEX attempts_again ON public.attempts USING btree (charge_id, n) WHERE (n > 1);
CREATE INDEX attempts_by_exchange ON public.attempts USING btree (exchange_id) WHERE (exchange_id IS NOT NULL);
CREATE INDEX attempts_carried_over ON public.attempts USING btree (charge_id) WHERE (kind = 'carried_over'::text);
CREATE INDEX attempts_of_no_file ON public.attempts USING btree (merchant_id, kind, charge_id) WHERE (kind <> 'authorization'::text);
CREATE INDEX authorization_requests_by_merchant ON public.authorization_requests USING btree (merchant_id, kind);
CREATE INDEX bounced_addresses ON public.customer_mail_bounces USING btree (merchant_id, address_hash) WHERE (address_hash IS NOT NULL);
CREATE INDEX card_locks_by_customer ON public.card_locks USING btree (merchant_id, customer_number);
CREATE INDEX card_notices_by_mail ON public.card_notices USING btree (mail_id);
CREATE INDEX cards_by_customer ON public.cards USING btree (merchant_id, customer_id);
CREATE INDEX cards_by_expiry ON public.cards USING btree (merchant_id, expiry, customer_id) WHERE (deleted_at IS NULL);
CREATE INDEX carrier_calls_by_time ON public.carrier_calls USING btree (merchant_id, received_at, id);
CREATE INDEX carrier_resend_tasks_newest ON public.carrier_resend_tasks USING btree (merchant_id, id);
CREATE INDEX carrier_results_by_email ON public.carrier_results USING btree (merchant_id, lower(email));
CREATE INDEX carrier_results_by_order ON public.carrier_results USING btree (merchant_id, order_number);
CREATE INDEX carrier_results_by_phone ON public.carrier_results USING btree (merchant_id, phone);
CREATE INDEX carrier_results_by_send_id ON public.carrier_results USING btree (merchant_id, send_id);
CREATE INDEX carrier_results_by_time ON public.carrier_results USING btree (merchant_id, received_at, id);
CREATE INDEX carrier_verdicts_of_result ON public.carrier_verdicts USING btree (result_id) WHERE (result_id IS NOT NULL);
CREATE INDEX carrier_verdicts_unusable ON public.carrier_verdicts USING btree (merchant_id, call_id) WHERE (verdict = ANY (ARRAY['unusable'::text, 'card_number'::text]));
CREATE INDEX charge_items_carried ON public.charge_items USING btree (charge_id) WHERE (charge_id <> origin_charge_id);
CREATE UNIQUE INDEX charge_items_origin_taken_once ON public.charge_items USING btree (origin_charge_id) WHERE (charge_id <> origin_charge_id);
CREATE INDEX charge_tallies_by_cycle ON public.charge_tallies USING btree (cycle_id);
CREATE INDEX charges_by_customer ON public.charges USING btree (merchant_id, customer_number);
CREATE INDEX charges_by_cycle ON public.charges USING btree (cycle_id, "position");
CREATE UNIQUE INDEX charges_once_a_cycle ON public.charges USING btree (cycle_id, order_number);
CREATE INDEX clearances_by_cycle ON public.clearances USING btree (cycle_id, preview_id);
CREATE INDEX closed_months_by_merchant ON public.closed_months USING btree (merchant_id);
CREATE INDEX completion_mails_by_number ON public.completion_mails USING btree (merchant_id, acceptance_number);
CREATE INDEX completion_matches_of_exchange ON public.completion_matches USING btree (exchange_id);
CREATE INDEX corrections_by_merchant ON public.corrections USING btree (merchant_id, id);
CREATE UNIQUE INDEX corrections_late_result_once ON public.corrections USING btree (exchange_id, order_number, received) NULLS NOT DISTINCT WHERE (kind = 'late_result'::text);
CREATE INDEX customer_mails_by_case ON public.customer_mails USING btree (case_id);
CREATE INDEX customers_by_address ON public.customers USING brin (email text_bloom_ops (n_distinct_per_range='1000'), phone text_bloom_ops (n_distinct_per_range='1000')) WITH (pages_per_range='16');
CREATE INDEX customers_deleted ON public.customers USING btree (merchant_id, customer_id) WHERE (deleted_at IS NOT NULL);
CREATE INDEX decisions_by_workflow ON public.decisions USING btree (merchant_id, workflow_id, id);
CREATE INDEX deliveries_due ON public.deliveries USING btree (endpoint_id, due_at, id) WHERE (state = 'due'::text);
CREATE INDEX deliveries_failed ON public.deliveries USING btree (endpoint_id, id) WHERE (state = 'failed'::text);
CREATE INDEX deliveries_in_order ON public.deliveries USING btree (endpoint_id, ordering_key, id) WHERE (state = 'due'::text);
CREATE INDEX deliveries_of_result ON public.deliveries USING btree (merchant_id, result_id);
CREATE INDEX deliveries_resent ON public.deliveries USING btree (resent_by) WHERE (resent_by IS NOT NULL);
CREATE INDEX delivery_endpoints_of_merchant ON public.delivery_endpoints USING btree (merchant_id, id);
CREATE INDEX desk_decisions_by_item ON public.desk_decisions USING btree (merchant_id, item);
CREATE INDEX ending_results_by_decision ON public.ending_results USING btree (decision_id, charge_id) WHERE (decision_id IS NOT NULL);
CREATE INDEX endings_again ON public.endings USING btree (charge_id, n, k) WHERE (k > 1);
CREATE INDEX endings_by_exchange ON public.endings USING btree (exchange_id) WHERE (exchange_id IS NOT NULL);
CREATE INDEX endings_listed ON public.endings USING btree (merchant_id, charge_id) WHERE ((exchange_id IS NULL) AND (kind <> 'expired'::text));
CREATE INDEX endings_without_capture ON public.endings USING btree (merchant_id, kind, charge_id) WHERE (kind <> 'capture'::text);
CREATE INDEX exchanges_by_cycle ON public.exchanges USING btree (cycle_id);
CREATE INDEX exchanges_unfinished ON public.exchanges USING btree (merchant_id, id) WHERE (stage <> ALL (ARRAY['reconciled'::text, 'rejected'::text, 'cancelled'::text]));
CREATE INDEX imports_by_name ON public.imports USING btree (merchant_id, file_name);
CREATE INDEX imports_newest ON public.imports USING btree (merchant_id, registered_at DESC, id DESC);
CREATE INDEX mail_outbox_due ON public.mail_outbox USING btree (merchant_id, next_due_at) WHERE (state = 'waiting'::text);
CREATE INDEX mail_outbox_newest ON public.mail_outbox USING btree (merchant_id, id DESC);
CREATE INDEX mail_outbox_unanswered ON public.mail_outbox USING btree (merchant_id, id) WHERE (state = ANY (ARRAY['sending'::text, 'unknown'::text]));
CREATE INDEX mail_sends_newest ON public.mail_sends USING btree (merchant_id, claimed_at DESC);
CREATE INDEX mailbox_mails_newest ON public.mailbox_mails USING btree (merchant_id, id DESC);
CREATE UNIQUE INDEX mailbox_mails_once ON public.mailbox_mails USING btree (merchant_id, sha256) WHERE (duplicate_of IS NULL);
CREATE INDEX migration_acknowledgements_newest ON public.migration_acknowledgements USING btree (migration_id, check_name, id DESC);
CREATE INDEX migration_customer_decisions_newest ON public.migration_customer_decisions USING btree (migration_id, customer_id, id DESC);
CREATE UNIQUE INDEX migration_rounds_one_at_work ON public.migration_rounds USING btree (migration_id) WHERE (state = ANY (ARRAY['taken'::text, 'read'::text]));
CREATE INDEX migration_rows_by_customer ON public.migration_rows USING btree (round_id, customer_id);
CREATE INDEX ng_case_contacts ON public.ng_case_steps USING btree (merchant_id, id) WHERE (kind = 'contact'::text);
CREATE INDEX ng_case_steps_by_case ON public.ng_case_steps USING btree (case_id, id);
CREATE INDEX ng_cases_by_charge ON public.ng_cases USING btree (charge_id);
CREATE INDEX ng_cases_by_merchant ON public.ng_cases USING btree (merchant_id, opened_at);
CREATE INDEX ng_cases_due ON public.ng_cases USING btree (merchant_id, next_step, due_at) WHERE (closed_at IS NULL);
CREATE INDEX ng_cases_in_order ON public.ng_cases USING btree (cycle_id, order_number, id DESC);
CREATE UNIQUE INDEX ng_cases_open ON public.ng_cases USING btree (charge_id) WHERE (closed_at IS NULL);
CREATE INDEX ng_cases_open_in_order ON public.ng_cases USING btree (cycle_id, order_number, id DESC) WHERE (closed_at IS NULL);
CREATE INDEX notices_newest ON public.notices USING btree (merchant_id, id DESC);
CREATE INDEX order_absences_by_number ON public.order_absences USING btree (cycle_id, order_number, collection_id);
CREATE INDEX orders_again ON public.orders USING btree (cycle_id, order_number, version) WHERE (version > 1);
CREATE INDEX orders_by_number ON public.orders USING btree (merchant_id, order_number);
CREATE INDEX orders_newest ON public.orders USING btree (cycle_id, COALESCE(ordered_at, '-infinity'::timestamp with time zone), collection_id, record);
CREATE INDEX outcomes_declined ON public.outcomes USING btree (merchant_id, charge_id, n) WHERE (outcome = 'declined'::text);
CREATE INDEX quarantined_orders_again ON public.quarantined_orders USING btree (cycle_id, order_number, version) WHERE (version > 1);
CREATE INDEX quarantined_orders_by_cycle ON public.quarantined_orders USING btree (cycle_id, collection_id, record);
CREATE INDEX refresh_results_not_good ON public.refresh_results USING btree (merchant_id, verdict, card_id) WHERE (verdict <> 0);
CREATE INDEX result_lines_doubtful ON public.result_lines USING btree (exchange_id, round, line_number) WHERE (verdict = ANY (ARRAY['unknown'::text, 'quarantined'::text]));
CREATE INDEX selection_rows_again ON public.selection_rows USING btree (collection_id, record, n) WHERE (n > 1);
CREATE INDEX selection_rows_by_reason ON public.selection_rows USING btree (cycle_id, verdict, reason);
CREATE INDEX selection_rows_newer ON public.selection_rows USING btree (cycle_id, order_number, version) WHERE (version > 1);
CREATE INDEX send_errors_by_time ON public.send_errors USING btree (merchant_id, failed_at, id);
CREATE INDEX sessions_by_device ON public.sessions USING btree (device_hash, user_id);
CREATE INDEX sessions_by_user ON public.sessions USING btree (user_id, started_at);
CREATE INDEX shipments_by_day ON public.shipments USING btree (merchant_id, shipped_on);
CREATE INDEX source_files_by_hash ON public.source_files USING btree (merchant_id, sha256);
CREATE INDEX subscriptions_by_customer ON public.subscriptions USING btree (merchant_id, customer_id);
CREATE INDEX subscriptions_by_status ON public.subscriptions USING btree (merchant_id, status, subscription_number) WHERE (deleted_at IS NULL);
CREATE INDEX user_grants_by_merchant ON public.user_grants USING btree (merchant_id, user_id);
CREATE INDEX user_grants_newest ON public.user_grants USING btree (user_id, merchant_id, id DESC);
CREATE INDEX webhook_events_newest ON public.webhook_events USING btree (merchant_id, id);

CREATE OR REPLACE FUNCTION public.blank_expired(merchant bigint, import_months integer, order_months integer, carrier_months integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
    declare
      today timestamptz := clock_timestamp()
        + (select clock_offset_ms from merchants where id = merchant) * interval '1 millisecond';
      counts jsonb := '{}';
      touched bigint;
      months bigint[];
      imports_before timestamptz := today - make_interval(months => import_months);
      orders_before timestamptz := today - make_interval(months => order_months);
      carrier_before timestamptz := today - make_interval(months => carrier_months);
    begin
      if least(import_months, order_months) < 1 or carrier_months < 9 then
        raise exception 'import_months and order_months are at least 1, carrier_months at least 9';
      end if;

      update customers
         set name = null, kana = null, postal_code = null, prefecture = null, city = null,
             street = null, building = null, phone = null, email = null, gender = null,
             birth_date = null, occupation_id = null, tag_ids = '{}', newsletter = null,
             customer_type = null, blanked_at = today
       where merchant_id = merchant and deleted_at < imports_before and blanked_at is null;
      get diagnostics touched = row_count;
      counts := counts || jsonb_build_object('customers', touched);
      update cards
         set holder = null, auth_key_id = null, auth_key_iv = null, auth_key_data = null,
             updated_at = today
       where merchant_id = merchant and deleted_at < imports_before
         and num_nonnulls(holder, auth_key_id) > 0;
      get diagnostics touched = row_count;
      counts := counts || jsonb_build_object('cards', touched);
      -- Also what was uploaded and never imported.
      counts := counts || jsonb_build_object('importFiles', blank_files(merchant, array(
        select f.id from files f
         where f.merchant_id = merchant and f.chunks > 0 and f.stored_at < imports_before
           and f.kind in ('customer-import', 'card-import')
           and not exists (select from imports i where i.file_id = f.id
                 and coalesce(i.finished_at, 'infinity') >= imports_before))));

      select coalesce(array_agg(id), '{}') into months from cycles
       where merchant_id = merchant and stage = 'closed' and closed_at < orders_before
         and blanked_at is null;
      update orders set customer_name = '', email = '', phone = ''
       where merchant_id = merchant and cycle_id = any (months);
      get diagnostics touched = row_count;
      counts := counts || jsonb_build_object('orders', touched);
      -- The value that could not be read may have stood in any column.
      update quarantined_orders set value = null
       where merchant_id = merchant and cycle_id = any (months);
      update cycles set blanked_at = today where id = any (months);
      -- Also what was uploaded and never collected.
      counts := counts || jsonb_build_object('orderFiles', blank_files(merchant, array(
        select distinct c.file_id from order_collections c
         where c.merchant_id = merchant and c.cycle_id = any (months)
           and not exists (select from order_collections o join cycles m on m.id = o.cycle_id
                 where o.file_id = c.file_id and m.blanked_at is null)
        union
        select f.id from files f
         where f.merchant_id = merchant and f.chunks > 0 and f.stored_at < orders_before
           and f.kind = 'order-export'
           and not exists (select from order_collections c where c.file_id = f.id))));

      -- The same bytes may have come twice: they go with the later mail.
      counts := counts || jsonb_build_object('mailFiles', blank_files(merchant, array(
        select f.id from files f
         where f.merchant_id = merchant and f.chunks > 0 and f.kind = 'mail'
           and f.stored_at < greatest(orders_before, carrier_before)
           and not exists (select from mailbox_mails m where m.file_id = f.id
                 and not is_expired_mail(m, orders_before, carrier_before))
           and (f.stored_at < orders_before
                or exists (select from mailbox_mails m where m.file_id = f.id)))));
      update mailbox_mails m set subject = ''
       where m.merchant_id = merchant and m.subject <> ''
         and is_expired_mail(m, orders_before, carrier_before);

      update carrier_results r set phone = null, email = null, parameters = '{}'
       where merchant_id = merchant and received_at < carrier_before and parameters <> '{}'
         and not exists (select from deliveries d where d.result_id = r.id and d.state = 'due');
      get diagnostics touched = row_count;
      counts := counts || jsonb_build_object('carrierResults', touched);
      update carrier_calls c set query = '', body = ''
       where merchant_id = merchant and received_at < carrier_before
         and length(query) + length(body) > 0
         and exists (select from carrier_verdicts v where v.call_id = c.id);
      -- An empty list: null would say that it was sent as received.
      update send_error_acts a set parameters = '[]'
        from send_errors e join deliveries d on d.id = e.delivery_id
       where a.merchant_id = merchant and a.acted_at < carrier_before and a.parameters <> '[]'
         and e.id = a.send_error_id and d.state <> 'due';
      counts := counts || jsonb_build_object('confirmationFiles', blank_files(merchant, array(
        select f.id from files f
         where f.merchant_id = merchant and f.chunks > 0 and f.stored_at < carrier_before
           and f.kind in ('send-error-confirmation', 'send-error-confirmation-edited'))));
      -- What a shop answered may repeat whom it was told of. Without a status it is our own sentence.
      update delivery_attempts t set answer_start = null
        from deliveries d
       where t.merchant_id = merchant and t.status is not null and t.answer_start <> ''
         and t.ended_at < greatest(orders_before, carrier_before) and d.id = t.delivery_id
         and t.ended_at < case when d.event_id is null then carrier_before else orders_before end;
      return counts;
    end $function$;
CREATE OR REPLACE FUNCTION public.blank_files(merchant bigint, expired bigint[])
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    declare blanked bigint[];
    begin
      with done as (
        update files set chunks = 0
         where merchant_id = merchant and id = any (expired) and chunks > 0 returning id)
      select coalesce(array_agg(id), '{}') into blanked from done;
      delete from file_chunks where file_id = any (blanked);
      return cardinality(blanked);
    end $function$;
CREATE OR REPLACE FUNCTION public.blank_migration_files(merchant bigint, import_months integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
    declare
      ended_before timestamptz := clock_timestamp()
        + (select clock_offset_ms from merchants where id = merchant) * interval '1 millisecond'
        - make_interval(months => import_months);
    begin
      if import_months is null then return 0; end if;
      if import_months < 1 then raise exception 'import_months is at least 1'; end if;
      return blank_files(merchant, array(
        select f.id from files f
         where f.merchant_id = merchant and f.chunks > 0 and f.stored_at < ended_before
           and f.kind in ('returned-cards', 'link-file')
           and not exists (select from card_migrations m
             where m.merchant_id = merchant and coalesce(m.finished_at, 'infinity') >= ended_before
               and (exists (select from migration_rounds r
                      where r.migration_id = m.id and r.file_id = f.id)
                 or exists (select from migration_link_files l
                      where l.migration_id = m.id and l.file_id = f.id)))));
    end $function$;
CREATE OR REPLACE FUNCTION public.check_attempts()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
    declare broken record; came record; carried boolean; found bigint;
    begin
      execute $q$
        select count(*) as rows, min(charge_id) as first, max(charge_id) as last,
          min(merchant_id) as merchant, max(merchant_id) as other,
          coalesce(bool_or(kind <> 'authorization'), false) as ends,
          coalesce(bool_or(n > 1 or kind = 'released'), false) as again,
          case when min(merchant_id) < max(merchant_id) then array_agg(merchant_id) end as merchants
        from new_rows
      $q$ into came;
      if came.rows = 0 then return null; end if;
      perform lock_merchants_of(came.merchant, came.other, came.merchants);
      if came.ends then
        execute $q$
          select 'charge ' || n.charge_id || ', n ' || n.n as offending
          from new_rows n
          where n.kind <> 'authorization' and not exists (select from charges c
            where c.id = n.charge_id and c.merchant_id = n.merchant_id)
        $q$ into broken;
        if broken.offending is not null then
          perform refuse_fact('attempts', 'attempt_has_a_charge_of_its_merchant', broken.offending,
            'Insert the charge first and name its merchant.');
        end if;
      end if;
      carried := exists (select from charge_items f
        where f.charge_id between came.first and came.last and f.charge_id <> f.origin_charge_id);
      execute $q$
        select 'charge ' || n.charge_id || ', n ' || n.n as offending
        from new_rows n
        left join charge_items i on i.charge_id = n.charge_id
          and i.origin_charge_id = n.charge_id and i.merchant_id = n.merchant_id
        where n.kind = 'authorization' and n.amount_yen is distinct from i.yen
      $q$ || case when carried then $q$
          + coalesce((select sum(f.yen) from charge_items f
              where f.charge_id = n.charge_id and f.charge_id <> f.origin_charge_id), 0)
      $q$ else '' end into broken;
      if broken.offending is not null then
        perform refuse_fact('attempts', 'authorization_amount_is_the_sum_of_the_items',
          broken.offending, 'Insert the charge and its items first and claim exactly their sum.');
      end if;
      if came.again then
        execute $q$
          select 'charge ' || n.charge_id || ', n ' || n.n || ' (' || n.kind || ')' as offending
          from new_rows n
          left join attempts p on p.charge_id = n.charge_id and p.n = n.n - 1
          left join outcomes o on o.charge_id = n.charge_id and o.n = n.n - 1
          where (n.n = 1 and n.kind = 'released')
            or (n.n > 1 and not coalesce(case
              when p.kind in ('cancelled', 'given_up') then n.kind = 'released'
              when p.kind = 'released' then n.kind <> 'released'
              when p.kind = 'authorization' then n.kind <> 'released'
                and (o.outcome in ('declined', 'rejected', 'not_sent')
                  or exists (select from endings e where e.charge_id = n.charge_id
                    and e.n = n.n - 1 and e.kind = 'expired')
                  or exists (select from ending_results r where r.charge_id = n.charge_id
                    and r.n = n.n - 1 and r.result = 'voided')) end, false))
        $q$ into broken;
        if broken.offending is not null then
          perform refuse_fact('attempts', 'attempt_follows_a_finished_one', broken.offending,
            'An attempt follows one that was declined, rejected, not sent, expired or voided; released follows cancelled or given_up; nothing follows carried_over.');
        end if;
      end if;
      if exists (select from contradictions x where x.charge_id between came.first and came.last) then
        execute $q$
          select 'charge ' || n.charge_id || ', n ' || n.n as offending
          from new_rows n
          where exists (select from contradictions x where x.charge_id = n.charge_id and not exists
            (select from contradiction_settlements s where s.contradiction_id = x.id)) is true
        $q$ into broken;
        if broken.offending is not null then
          perform refuse_fact('attempts', 'no_open_contradiction', broken.offending,
            'An operator compares the charge with the PSP and settles the contradiction first.');
        end if;
      end if;
      execute $q$
        with tallied as (
          insert into charge_tallies (merchant_id, cycle_id, fact, exchange_id, rows, yen)
          select g.merchant_id, x.cycle_id, 'authorization', x.id, g.rows, g.yen
          from (select merchant_id, exchange_id, count(*) as rows, sum(amount_yen) as yen,
                  min(charge_id) as first, max(charge_id) as last
                from new_rows where n = 1 and kind = 'authorization' group by 1, 2) g
          join exchanges x on x.id = g.exchange_id and x.merchant_id = g.merchant_id
          join charges a on a.id = g.first and a.cycle_id = x.cycle_id
          join charges b on b.id = g.last and b.cycle_id = x.cycle_id
          returning rows)
        select coalesce(sum(rows), 0) from tallied
      $q$ into found;
      if found <> came.rows then
        execute $q$
          insert into charge_tallies (merchant_id, cycle_id, fact, rows, yen)
          select c.merchant_id, c.cycle_id, 'other', count(*), 0
          from new_rows n join charges c on c.id = n.charge_id group by 1, 2
        $q$;
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_audit_entries()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
    declare broken record;
    begin
      execute $q$
        select 'chain ' || n.chain_id || ', n ' || n.n as offending
        from new_rows n
        left join audit_entries p on p.chain_id = n.chain_id and p.n = n.n - 1
        where n.previous_hash is distinct from
          case when n.n = 1 then decode(repeat('00', 32), 'hex') else p.hash end
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('audit_entries', 'entry_is_chained_to_the_one_before', broken.offending,
          'Take lock_audit_chain, read the last hash and append the next number.');
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_card_locks()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
    declare broken record; merchants bigint[];
    begin
      execute $q$
        select array_agg(m.merchant_id) from (select distinct merchant_id from new_rows) m
      $q$ into merchants;
      if not exists (select from open_card_locks l where l.merchant_id = any (merchants)) then
        return null;
      end if;
      execute $q$
        with locked as materialized (
          select x.charge_id from locked_charges x where x.merchant_id = any ($1))
        select 'charge ' || n.charge_id as offending
        from locked join new_rows n on n.charge_id = locked.charge_id
        where n.kind = 'authorization' limit 1
      $q$ into broken using merchants;
      if broken.offending is not null then
        perform refuse_fact('attempts', 'locked_card_is_in_no_file', broken.offending,
          'The card refresh refused the card: the customer replaces it, or the order is not billed.');
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_card_unlocks()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    declare offending text;
    begin
      select 'lock ' || n.lock_id into offending from new_rows n
       where n.how = 'override' and not exists (
         select from card_lock_overrides o
           join card_lock_override_answers a on a.override_id = o.id
          where o.id = n.override_id and o.lock_id = n.lock_id and o.merchant_id = n.merchant_id
            and a.merchant_id = n.merchant_id and a.answer = 'approved'
            and spelt_actor(a.answered_by) <> spelt_actor(o.requested_by))
       limit 1;
      if offending is not null then
        perform refuse_fact('card_unlocks', 'override_is_approved_by_another_person', offending,
          'Another person than the one who asked approves the override.');
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_charge_items()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
    declare broken record; came record; own record; found bigint := 0;
    begin
      execute $q$
        select count(*) as rows, min(charge_id) as first, max(charge_id) as last,
          min(merchant_id) as merchant, max(merchant_id) as other, sum(yen) as yen,
          coalesce(bool_or(charge_id <> origin_charge_id), false) as carries,
          case when min(merchant_id) < max(merchant_id) then array_agg(merchant_id) end as merchants
        from new_rows
      $q$ into came;
      if came.rows = 0 then return null; end if;
      perform lock_merchants_of(came.merchant, came.other, came.merchants);
      if came.merchant = came.other and not came.carries
          and came.last - came.first + 1 = came.rows then
        execute $q$
          select count(*) as rows, min(cycle_id) as cycle, max(cycle_id) as other from charges
          where id between $1 and $2 and merchant_id = $3
        $q$ into own using came.first, came.last, came.merchant;
        if own.rows = came.rows and own.cycle = own.other then
          insert into charge_tallies (merchant_id, cycle_id, fact, rows, yen)
          values (came.merchant, own.cycle, 'item', came.rows, came.yen);
          found := came.rows;
        end if;
      end if;
      if found = 0 then
        execute $q$
          with tallied as (
            insert into charge_tallies (merchant_id, cycle_id, fact, rows, yen)
            select n.merchant_id, c.cycle_id, 'item', count(*), sum(n.yen)
            from new_rows n join charges c on c.id = n.charge_id and c.merchant_id = n.merchant_id
            group by 1, 2 returning rows)
          select coalesce(sum(rows), 0) from tallied
        $q$ into found;
      end if;
      if found <> came.rows then
        execute $q$
          select 'charge ' || n.charge_id || ', origin ' || n.origin_charge_id as offending
          from new_rows n
          where not exists (select from charges c
            where c.id = n.charge_id and c.merchant_id = n.merchant_id)
        $q$ into broken;
        perform refuse_fact('charge_items', 'item_has_a_charge_of_its_merchant', broken.offending,
          'Insert the charge first and name its merchant.');
      end if;
      if exists (select from attempts a where a.charge_id between came.first and came.last) then
        execute $q$
          select 'charge ' || n.charge_id || ', origin ' || n.origin_charge_id as offending
          from new_rows n
          where exists (select from attempts a where a.charge_id = n.charge_id)
        $q$ into broken;
        if broken.offending is not null then
          perform refuse_fact('charge_items', 'items_are_complete_before_the_first_attempt',
            broken.offending, 'The amount of a charge is settled when its first attempt is claimed.');
        end if;
      end if;
      if came.carries then
        execute $q$
          select 'charge ' || n.charge_id || ', origin ' || n.origin_charge_id as offending,
            case when t.charge_id is null then 'origin_was_carried_over'
              else 'carried_yen_are_conserved' end as rule
          from new_rows n
          left join attempts t on t.charge_id = n.origin_charge_id and t.kind = 'carried_over'
            and t.merchant_id = n.merchant_id
          where n.charge_id <> n.origin_charge_id
            and (t.charge_id is null or n.yen is distinct from
              (select sum(i.yen) from charge_items i where i.charge_id = n.origin_charge_id))
        $q$ into broken;
        if broken.rule is not null then
          perform refuse_fact('charge_items', broken.rule, broken.offending,
            'Carry the origin over first (attempt of kind carried_over), then take all of its yen as one item.');
        end if;
      end if;
      if exists (select from charge_items f where f.charge_id between came.first and came.last
          and f.charge_id <> f.origin_charge_id) then
        execute $q$
          select 'charge ' || n.charge_id as offending
          from new_rows n
          where case when exists (select from charge_items f
              where f.charge_id = n.charge_id and f.charge_id <> f.origin_charge_id)
            then (select sum(i.yen) from charge_items i where i.charge_id = n.charge_id) > 9999999
            end
        $q$ into broken;
        if broken.offending is not null then
          perform refuse_fact('charge_items', 'items_fit_one_authorization', broken.offending,
            'One authorization holds 9,999,999 yen at most: bill the carried charge by itself.');
        end if;
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_charges()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
    declare broken record;
    begin
      execute $q$
        select 'cycle ' || n.cycle_id || ', merchant ' || n.merchant_id as offending
        from (select distinct cycle_id, merchant_id from new_rows) n
        where not exists (select from cycles c
          where c.id = n.cycle_id and c.merchant_id = n.merchant_id)
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('charges', 'charge_has_a_cycle_of_its_merchant', broken.offending,
          'Insert the cycle first and name its merchant.');
      end if;
      execute $q$
        select 'cycle ' || n.cycle_id || ', merchant ' || n.merchant_id as offending
        from (select distinct cycle_id, merchant_id, identity_month from new_rows
          where identity_month <> '') n
        join cycles c on c.id = n.cycle_id
        where n.identity_month <> c.billing_month
          or (select s.settings ->> 'orderIdentity' from merchant_settings s
            where s.merchant_id = n.merchant_id order by s.version desc limit 1)
            is distinct from 'per-month'
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('charges', 'identity_month_is_as_the_merchant_set', broken.offending,
          'Leave identity_month empty; only a merchant whose setting orderIdentity is per-month has there the month of the cycle.');
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_charges_of_closed_months()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    declare broken record;
    begin
      perform lock_merchant(m.merchant_id)
        from (select distinct merchant_id from new_rows order by merchant_id) m;
      select 'cycle ' || n.cycle_id as offending into broken
        from (select distinct cycle_id from new_rows) n
        join closed_months k on k.cycle_id = n.cycle_id limit 1;
      if broken.offending is not null then
        perform refuse_fact('charges', 'closed_month_does_not_change', broken.offending,
          'The month is closed: bill the order in an open one.');
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_closed_months()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
    declare broken record; merchants bigint[]; first_id bigint; last_id bigint;
    begin
      execute $q$
        select array_agg(distinct merchant_id order by merchant_id), min(charge_id), max(charge_id)
        from new_rows
      $q$ into merchants, first_id, last_id;
      perform lock_merchant(m) from unnest(merchants) m;
      if not exists (select from closed_months k where k.merchant_id = any (merchants)
          and k.first_charge_id <= last_id and k.last_charge_id >= first_id) then
        return null;
      end if;
      execute $q$
        select 'charge ' || n.charge_id as offending
        from new_rows n join charges c on c.id = n.charge_id
        join closed_months k on k.cycle_id = c.cycle_id
        limit 1
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact(tg_table_name, 'closed_month_does_not_change', broken.offending,
          'The month of the charge is closed: record a correction instead.');
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_contradiction_settlements()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
    declare broken record;
    begin
      execute $q$
        select 'contradiction ' || n.contradiction_id as offending
        from new_rows n
        where not exists (select from contradictions x where x.id = n.contradiction_id
            and x.merchant_id = n.merchant_id)
          or not exists (select from decisions d where d.id = n.decision_id
            and d.merchant_id = n.merchant_id)
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('contradiction_settlements', 'settlement_stays_with_its_merchant',
          broken.offending, 'Contradiction, decision and settlement belong to one merchant.');
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_contradictions()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
    declare broken record;
    begin
      perform lock_merchant(m.merchant_id)
        from (select distinct merchant_id from new_rows order by merchant_id) m;
      execute $q$
        select 'charge ' || n.charge_id || ', n ' || n.n as offending
        from new_rows n
        where not exists (select from attempts a where a.charge_id = n.charge_id and a.n = n.n
            and a.merchant_id = n.merchant_id and a.kind = 'authorization')
          or (n.k is not null and not exists (select from endings e
            where e.charge_id = n.charge_id and e.n = n.n and e.k = n.k))
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('contradictions', 'contradiction_has_its_slot', broken.offending,
          'Name the attempt (and the ending) whose slot the received result contradicts.');
      end if;
      execute $q$
        insert into charge_tallies (merchant_id, cycle_id, fact, rows, yen)
        select c.merchant_id, c.cycle_id, 'other', count(*), 0
        from new_rows n join charges c on c.id = n.charge_id group by 1, 2
      $q$;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_correction_acknowledgements()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    declare broken record;
    begin
      select 'correction ' || n.correction_id as offending into broken
        from new_rows n
       where not exists (select from corrections c
                          where c.id = n.correction_id and c.merchant_id = n.merchant_id)
          or not exists (select from decisions d
                          where d.id = n.decision_id and d.merchant_id = n.merchant_id) limit 1;
      if broken.offending is not null then
        perform refuse_fact('correction_acknowledgements', 'acknowledgement_stays_with_its_merchant',
          broken.offending, 'Correction, decision and acknowledgement belong to one merchant.');
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_corrections()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    declare broken record;
    begin
      select 'correction ' || n.n || ' of cycle ' || n.cycle_id as offending into broken
        from new_rows n
       where not exists (select from closed_months k
                          where k.cycle_id = n.cycle_id and k.merchant_id = n.merchant_id)
          or not exists (select from decisions d
                          where d.id = n.decision_id and d.merchant_id = n.merchant_id) limit 1;
      if broken.offending is not null then
        perform refuse_fact('corrections', 'correction_follows_a_closed_month', broken.offending,
          'A month that is open is put right by its own acts. Month, decision and correction belong to one merchant.');
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_ending_results()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
    declare broken record; came record; found record;
    begin
      execute $q$
        with sums as materialized (
          select n.merchant_id, e.exchange_id, n.n = 1 and n.k = 1 and n.result = 'captured' as first,
            count(*) as rows, sum(e.amount_yen) as yen
          from new_rows n
          join endings e on e.charge_id = n.charge_id and e.n = n.n and e.k = n.k
            and e.merchant_id = n.merchant_id
            and case e.kind when 'capture' then n.result <> 'voided'
              when 'void' then n.result <> 'captured' else false end
          group by 1, 2, 3
        ), tallied as (
          insert into charge_tallies (merchant_id, cycle_id, fact, exchange_id, rows, yen)
          select s.merchant_id, x.cycle_id, 'captured', x.id, s.rows, s.yen
          from sums s join exchanges x on x.id = s.exchange_id and x.merchant_id = s.merchant_id
          where s.first
          returning rows)
        select (select count(*) from new_rows) as rows,
          coalesce((select sum(rows) from sums), 0) as fitting,
          coalesce((select sum(rows) from tallied), 0) as regular
      $q$ into found;
      if found.fitting <> found.rows then
        execute $q$
          select 'charge ' || n.charge_id || ', n ' || n.n || ', k ' || n.k as offending
          from new_rows n
          where not exists (select from endings e where e.charge_id = n.charge_id and e.n = n.n
            and e.k = n.k and e.merchant_id = n.merchant_id
            and case e.kind when 'capture' then n.result <> 'voided'
              when 'void' then n.result <> 'captured' else false end)
        $q$ into broken;
        perform refuse_fact('ending_results', 'result_fits_its_ending', broken.offending,
          'A capture is captured, refused or not sent; a void is voided, refused or not sent; expired has no result.');
      end if;
      if found.regular <> found.rows then
        execute $q$
          insert into charge_tallies (merchant_id, cycle_id, fact, rows, yen)
          select c.merchant_id, c.cycle_id, 'other', count(*), 0
          from new_rows n join charges c on c.id = n.charge_id group by 1, 2
        $q$;
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_endings()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
    declare broken record; came record; found record;
    begin
      execute $q$
        select count(*) as rows, min(charge_id) as first, max(charge_id) as last,
          min(merchant_id) as merchant, max(merchant_id) as other,
          coalesce(bool_or(k > 1), false) as again,
          case when min(merchant_id) < max(merchant_id) then array_agg(merchant_id) end as merchants
        from new_rows
      $q$ into came;
      if came.rows = 0 then return null; end if;
      perform lock_merchants_of(came.merchant, came.other, came.merchants);
      execute $q$
        with sums as materialized (
          select n.merchant_id, n.exchange_id, a.exchange_id as authorized_in, o.capture_before,
            n.n = 1 and n.k = 1 and n.kind = 'capture' and n.amount_yen = a.amount_yen as first,
            count(*) as rows, sum(a.amount_yen) as yen
          from new_rows n
          join attempts a on a.charge_id = n.charge_id and a.n = n.n and a.merchant_id = n.merchant_id
          join outcomes o on o.charge_id = n.charge_id and o.n = n.n and o.outcome = 'ok'
          where not (n.kind = 'expired' and n.exchange_id is not null)
            and n.amount_yen <= a.amount_yen
            and not (n.kind = 'capture' and n.amount_yen = 0)
          group by 1, 2, 3, 4, 5
        ), tallied as (
          insert into charge_tallies (merchant_id, cycle_id, fact, exchange_id, authorized_in,
            capture_before, rows, yen)
          select s.merchant_id, x.cycle_id, 'capture', x.id, y.id, s.capture_before, s.rows, s.yen
          from sums s
          join exchanges x on x.id = s.exchange_id and x.merchant_id = s.merchant_id
          join exchanges y on y.id = s.authorized_in and y.cycle_id = x.cycle_id
          where s.first
          returning rows)
        select coalesce((select sum(rows) from sums), 0) as fitting,
          coalesce((select sum(rows) from tallied), 0) as regular
      $q$ into found;
      if found.fitting <> came.rows then
        execute $q$
          select 'charge ' || n.charge_id || ', n ' || n.n || ', k ' || n.k as offending,
            case when a.charge_id is null or o.outcome is null then 'ending_has_an_ok_authorization'
              when n.kind = 'expired' then 'expired_is_in_no_file'
              else 'ending_amount_is_within_the_authorization' end as rule
          from new_rows n
          left join attempts a on a.charge_id = n.charge_id and a.n = n.n
            and a.merchant_id = n.merchant_id
          left join outcomes o on o.charge_id = n.charge_id and o.n = n.n and o.outcome = 'ok'
          where a.charge_id is null or o.outcome is null
            or (n.kind = 'expired' and n.exchange_id is not null)
            or n.amount_yen > a.amount_yen
            or (n.kind = 'capture' and n.amount_yen = 0)
        $q$ into broken;
        perform refuse_fact('endings', broken.rule, broken.offending,
          'Capture, void or expire an authorization whose outcome is ok, for its amount at most.');
      end if;
      if came.again then
        execute $q$
          select 'charge ' || n.charge_id || ', n ' || n.n || ', k ' || n.k as offending
          from new_rows n
          where n.k > 1 and not exists (select from ending_results r where r.charge_id = n.charge_id
            and r.n = n.n and r.k = n.k - 1 and r.result in ('refused', 'not_sent'))
        $q$ into broken;
        if broken.offending is not null then
          perform refuse_fact('endings', 'ending_follows_a_failed_one', broken.offending,
            'Another ending is possible only after the one before was refused or not sent.');
        end if;
      end if;
      if exists (select from contradictions x where x.charge_id between came.first and came.last) then
        execute $q$
          select 'charge ' || n.charge_id || ', n ' || n.n as offending
          from new_rows n
          where exists (select from contradictions x where x.charge_id = n.charge_id and not exists
            (select from contradiction_settlements s where s.contradiction_id = x.id)) is true
        $q$ into broken;
        if broken.offending is not null then
          perform refuse_fact('endings', 'no_open_contradiction', broken.offending,
            'An operator compares the charge with the PSP and settles the contradiction first.');
        end if;
      end if;
      if found.regular <> came.rows then
        execute $q$
          insert into charge_tallies (merchant_id, cycle_id, fact, rows, yen)
          select c.merchant_id, c.cycle_id, 'other', count(*), 0
          from new_rows n join charges c on c.id = n.charge_id group by 1, 2
        $q$;
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_file_lines()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
    declare broken record; came record;
    begin
      execute $q$
        select coalesce(bool_or(k is null), false) as authorizations,
          coalesce(bool_or(k is not null), false) as endings
        from new_rows
      $q$ into came;
      select null as offending into broken;
      if came.authorizations then
        execute $q$
          select 'exchange ' || n.exchange_id || ', line ' || n.line_number as offending
          from new_rows n
          left join attempts a on a.charge_id = n.charge_id and a.n = n.n
          where n.k is null and (a.merchant_id, a.exchange_id, a.amount_yen)
            is distinct from (n.merchant_id, n.exchange_id, n.yen)
        $q$ into broken;
      end if;
      if came.endings and broken.offending is null then
        execute $q$
          select 'exchange ' || n.exchange_id || ', line ' || n.line_number as offending
          from new_rows n
          left join endings e on e.charge_id = n.charge_id and e.n = n.n and e.k = n.k
          where n.k is not null and (e.merchant_id, e.exchange_id, e.amount_yen)
            is distinct from (n.merchant_id, n.exchange_id, n.yen)
        $q$ into broken;
      end if;
      if broken.offending is not null then
        perform refuse_fact('file_lines', 'line_has_its_claim', broken.offending,
          'Claim the attempt or ending with this exchange and amount before its line is written.');
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_holds()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
    declare broken record; merchants bigint[]; asked text;
    begin
      execute $q$
        select array_agg(m.merchant_id) from (select distinct merchant_id from new_rows) m
      $q$ into merchants;
      if not exists (select from open_order_holds h where h.merchant_id = any (merchants)) then
        return null;
      end if;
      asked := case tg_table_name
        when 'attempts' then $c$ n.kind = 'authorization' $c$
        else $c$ n.kind = 'capture' and (n.exchange_id is not null or n.decision_id is null) $c$ end;
      execute $q$
        with held as materialized (
          select c.id from open_order_holds h
          join charges c on c.merchant_id = h.merchant_id and c.order_number = h.order_number
          where h.merchant_id = any ($1))
        select 'charge ' || n.charge_id as offending
        from held join new_rows n on n.charge_id = held.id
        where $q$ || asked || $q$ limit 1
      $q$ into broken using merchants;
      if broken.offending is not null then
        perform refuse_fact(tg_table_name, 'held_order_is_in_no_file', broken.offending,
          'A person put the order on hold: release the hold first.');
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_outcomes()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
    declare broken record; came bigint; found bigint;
    begin
      execute $q$
        with sums as materialized (
          select n.merchant_id, a.exchange_id, n.outcome, n.capture_before, n.n = 1 as first,
            count(*) as rows, sum(a.amount_yen) as yen
          from new_rows n
          join attempts a on a.charge_id = n.charge_id and a.n = n.n
            and a.merchant_id = n.merchant_id and a.kind = 'authorization'
          group by 1, 2, 3, 4, 5
        ), tallied as (
          -- Attempts that are not first ones, or of no known file, were tallied as other.
          insert into charge_tallies (merchant_id, cycle_id, fact, exchange_id, capture_before, rows,
            yen)
          select s.merchant_id, x.cycle_id, s.outcome, x.id, s.capture_before, s.rows, s.yen
          from sums s join exchanges x on x.id = s.exchange_id
          where s.first)
        select (select count(*) from new_rows), coalesce((select sum(rows) from sums), 0)
      $q$ into came, found;
      if found <> came then
        execute $q$
          select 'charge ' || n.charge_id || ', n ' || n.n as offending
          from new_rows n
          where not exists (select from attempts a where a.charge_id = n.charge_id and a.n = n.n
            and a.merchant_id = n.merchant_id and a.kind = 'authorization')
        $q$ into broken;
        perform refuse_fact('outcomes', 'outcome_has_an_authorization', broken.offending,
          'Only an authorization that was claimed for this merchant has an outcome.');
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_result_files_of_closed_months()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    declare broken record;
    begin
      perform lock_merchant(m.merchant_id)
        from (select distinct merchant_id from new_rows order by merchant_id) m;
      select 'exchange ' || n.exchange_id as offending into broken
        from new_rows n join exchanges x on x.id = n.exchange_id
        join closed_months k on k.cycle_id = x.cycle_id limit 1;
      if broken.offending is not null then
        perform refuse_fact('result_files', 'closed_month_does_not_change', broken.offending,
          'The month is closed: record what the late result says as corrections.');
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_result_lines()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
    declare broken record;
    begin
      execute $q$
        select 'exchange ' || n.exchange_id || ', line ' || n.line_number as offending
        from new_rows n
        left join file_lines f on f.line_number = n.line_number and f.exchange_id = n.exchange_id
        where f.merchant_id is distinct from n.merchant_id
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('result_lines', 'verdict_has_a_sent_line', broken.offending,
          'Rows that answer no sent line go to result_strays.');
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_sends()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    declare broken text;
    begin
      select 'exchange ' || s.exchange_id into broken from new_rows s
       where s.send_number > 1 and not exists (select from send_answers a
         where a.exchange_id = s.exchange_id and a.send_number = s.send_number - 1
           and a.answer = 'not_sent')
       limit 1;
      if broken is not null then
        perform refuse_fact(tg_table_name, 'sent_again_only_if_not_sent', broken,
          'What became of the earlier sending must be known first: ask the PSP.');
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.check_shipments()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
    declare broken record;
    begin
      execute $q$
        select 'merchant ' || n.merchant_id || coalesce(', collection ' || n.collection_id, '')
          || coalesce(', decision ' || n.decision_id, '') as offending
        from (select distinct merchant_id, collection_id, decision_id from new_rows) n
        where (n.collection_id is not null and not exists (select from order_collections k
            where k.id = n.collection_id and k.merchant_id = n.merchant_id))
          or (n.decision_id is not null and not exists (select from decisions d
            where d.id = n.decision_id and d.merchant_id = n.merchant_id))
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('shipments', 'shipment_names_who_told_it', broken.offending,
          'Name an export or a decision of the merchant.');
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.copy_order_number()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    begin
      select c.order_number into strict new.order_number from charges c where c.id = new.charge_id;
      return new;
    end $function$;
CREATE OR REPLACE FUNCTION public.date_subscription()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    declare
      runs constant boolean := new.deleted_at is null and new.status <> 'ended';
      changed_at constant timestamptz := greatest(new.updated_at, new.deleted_at);
    begin
      if tg_op = 'INSERT' then
        new.began_at := new.created_at;
        new.ended_at := case when not runs then changed_at end;
      else
        new.began_at := case when runs and old.ended_at is not null then changed_at
                             else old.began_at end;
        new.ended_at := case when not runs then coalesce(old.ended_at, changed_at) end;
      end if;
      return new;
    end $function$;
CREATE OR REPLACE FUNCTION public.is_expired_mail(mail mailbox_mails, orders_before timestamp with time zone, carrier_before timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
      select coalesce(case when mail.handler = 'zeus-send-error' then mail.taken_at < carrier_before
        else mail.taken_at < orders_before and not exists (select from cycles c
          where c.merchant_id = mail.merchant_id and c.stage <> 'stopped'
            and c.started_at <= mail.taken_at
            and coalesce(c.closed_at, 'infinity') >= orders_before) end, false) $function$;
CREATE OR REPLACE FUNCTION public.keep_closed_month()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
    begin
      if tg_op = 'UPDATE' and old.stage = 'closed' then
        if new.stage <> 'closed' or new.closed_at is distinct from old.closed_at then
          perform refuse_fact('cycles', 'closed_month_stays_closed', 'cycle ' || old.id,
            'Record a correction instead.');
        end if;
      elsif new.stage = 'closed' then
        insert into closed_months (cycle_id, merchant_id, first_charge_id, last_charge_id)
        select new.id, new.merchant_id, min(c.id), max(c.id) from charges c
         where c.cycle_id = new.id;
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.lock_audit_chain(chain_id bigint)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    begin
      perform pg_advisory_xact_lock(2, chain_id::int);
    end $function$;
CREATE OR REPLACE FUNCTION public.lock_carrier_results(merchant_id bigint)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    begin
      perform pg_advisory_xact_lock(13, merchant_id::int);
    end $function$;
CREATE OR REPLACE FUNCTION public.lock_customers(merchant_id bigint)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    begin
      perform pg_advisory_xact_lock(14, merchant_id::int);
    end $function$;
CREATE OR REPLACE FUNCTION public.lock_merchant(merchant_id bigint)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    begin
      if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'money is recorded under READ COMMITTED, not %',
            upper(current_setting('transaction_isolation'))
          using errcode = 'TK002',
            hint = 'Open the transaction with its default isolation level.';
      end if;
      perform pg_advisory_xact_lock(1, merchant_id::int);
    end $function$;
CREATE OR REPLACE FUNCTION public.lock_merchant_of_card_lock()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    begin
      perform lock_merchant(m.merchant_id)
        from (select distinct merchant_id from new_rows order by merchant_id) m;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.lock_merchants_of(first bigint, last bigint, merchants bigint[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    begin
      if first = last then
        perform lock_merchant(first);
      else
        perform lock_merchant(m) from (select distinct u from unnest(merchants) u order by u) d (m);
      end if;
    end $function$;
CREATE OR REPLACE FUNCTION public.order_charges_service(merchant_id bigint, collection_id bigint, record integer, service text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
      select coalesce((
        select m.settings #> '{cardLocks,methodServices}' -> o.payment_method @> to_jsonb($4)
          from orders o
          join merchant_settings m on m.merchant_id = $1
           and m.version = (select max(x.version) from merchant_settings x where x.merchant_id = $1)
         where o.collection_id = $2 and o.record = $3), true) $function$;
CREATE OR REPLACE FUNCTION public.queue_webhook_events()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    begin
      execute $q$
        with hooks as materialized (
          select e.id, e.merchant_id, e.events, e.back_off_seconds from delivery_endpoints e
           where e.merchant_id = any (array(select distinct n.merchant_id from new_rows n))
             and e.kind = 'webhook' and e.state <> 'retired'
             and e.events && array(select distinct n.type from new_rows n)
             for key share skip locked)
        insert into deliveries (merchant_id, endpoint_id, event_id, ordering_key, tries_left, due_at,
          created_at)
        select n.merchant_id, e.id, n.id, n.subject, cardinality(e.back_off_seconds) + 1,
          n.occurred_at, n.occurred_at
        from new_rows n
        join hooks e on e.merchant_id = n.merchant_id and n.type = any (e.events)
        order by n.id
      $q$;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.refuse_fact(table_name text, rule text, offending text, remedy text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    begin
      raise exception '%: % (first offending: %)', table_name, rule, offending
        using errcode = 'TK001', hint = remedy, schema = 'public', table = table_name,
          constraint = rule;
    end $function$;
CREATE OR REPLACE FUNCTION public.remove_ended_sessions(days integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
    declare removed int;
    begin
      if days is null or days < 90 then
        raise exception 'sessions are kept for 90 days at least';
      end if;
      delete from sessions
       where started_at < clock_timestamp() - make_interval(days => days)
         and least(ended_at, expires_at) < clock_timestamp();
      get diagnostics removed = row_count;
      return removed;
    end $function$;
CREATE OR REPLACE FUNCTION public.spelt_actor(actor text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
      select regexp_replace(lower(normalize(actor, NFKC)), '\s+', '', 'g') $function$;
CREATE OR REPLACE FUNCTION public.tally_charges()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
    begin
      execute $q$
        insert into charge_tallies (merchant_id, cycle_id, fact, rows, yen)
        select merchant_id, cycle_id, 'charge', count(*), 0 from new_rows group by 1, 2
      $q$;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.tell_captures()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    begin
      if webhooks_want(array['charges.captured']) then
        execute $q$
          insert into webhook_events (merchant_id, type, key, subject, data, occurred_at, cycle_id,
            exchange_id, decision_id)
          select c.merchant_id, w.type, w.type || ':' || min(r.charge_id) || '.' || min(r.n) || '.'
              || min(r.k),
            'cycle:' || c.billing_month,
            jsonb_build_object('month', c.billing_month, 'by', case
              when r.exchange_id is null then 'list' else 'file' end,
              'charges', count(*), 'amountYen', sum(e.amount_yen)),
            r.recorded_at, c.id, r.exchange_id, r.decision_id
          from new_rows r
          join endings e on e.charge_id = r.charge_id and e.n = r.n and e.k = r.k
          join charges h on h.id = r.charge_id
          join cycles c on c.id = h.cycle_id
          join webhook_wishes w on w.merchant_id = r.merchant_id and w.type = 'charges.captured'
          where r.result = 'captured'
          group by w.type, c.merchant_id, c.id, c.billing_month, r.exchange_id, r.decision_id,
            r.recorded_at
          order by c.id
          on conflict do nothing
        $q$;
      end if;
      if webhooks_want(array['charge.captured']) then
        execute $q$
          insert into webhook_events (merchant_id, type, key, subject, data, occurred_at)
          select r.merchant_id, w.type, w.type || ':' || r.charge_id || '.' || r.n || '.' || r.k,
            'order:' || h.order_number,
            jsonb_build_object('month', c.billing_month, 'orderNumber', h.order_number,
              'amountYen', e.amount_yen),
            r.recorded_at
          from new_rows r
          join endings e on e.charge_id = r.charge_id and e.n = r.n and e.k = r.k
          join charges h on h.id = r.charge_id
          join cycles c on c.id = h.cycle_id
          join webhook_wishes w on w.merchant_id = r.merchant_id and w.type = 'charge.captured'
          where r.result = 'captured'
          order by r.charge_id
          on conflict do nothing
        $q$;
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.tell_card_locks()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    begin
      if webhooks_want(array['card.locked']) then
        execute $q$
          insert into webhook_events (merchant_id, type, key, subject, data, occurred_at)
          select l.merchant_id, w.type, w.type || ':' || l.id, 'customer:' || l.customer_number,
            jsonb_build_object('lock', l.number, 'customerNumber', l.customer_number,
              'service', l.service, 'verdict', l.verdict),
            l.locked_at
          from new_rows l
          join webhook_wishes w on w.merchant_id = l.merchant_id and w.type = 'card.locked'
          order by l.id
          on conflict do nothing
        $q$;
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.tell_card_unlocks()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    begin
      if webhooks_want(array['card.unlocked']) then
        execute $q$
          insert into webhook_events (merchant_id, type, key, subject, data, occurred_at)
          select u.merchant_id, w.type, w.type || ':' || u.lock_id, 'customer:' || l.customer_number,
            jsonb_build_object('lock', l.number, 'customerNumber', l.customer_number,
              'service', l.service, 'how', u.how),
            u.unlocked_at
          from new_rows u
          join card_locks l on l.id = u.lock_id
          join webhook_wishes w on w.merchant_id = u.merchant_id and w.type = 'card.unlocked'
          order by u.lock_id
          on conflict do nothing
        $q$;
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.tell_cycle_stage()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    begin
      insert into webhook_events (merchant_id, type, key, subject, data, occurred_at)
      select new.merchant_id, w.type, w.type || ':' || new.id || ':' || new.stage_changes,
        'cycle:' || new.billing_month,
        jsonb_build_object('month', new.billing_month, 'stage', new.stage,
          'previousStage', case when tg_op = 'UPDATE' then old.stage end),
        coalesce(new.stage_since, new.started_at)
      from webhook_wishes w
      where w.merchant_id = new.merchant_id and w.type = 'cycle.stage'
      on conflict do nothing;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.tell_import()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    begin
      insert into webhook_events (merchant_id, type, key, subject, data, occurred_at)
      select new.merchant_id, w.type, w.type || ':' || new.id, 'import:' || new.number,
        jsonb_build_object('number', new.number, 'kind', new.kind, 'stage', new.stage,
          'rows', new.rows, 'imported', new.imported, 'failed', new.failed),
        new.finished_at
      from webhook_wishes w
      where w.merchant_id = new.merchant_id and w.type = 'import.finished'
      on conflict do nothing;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.tell_ng_cases()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    begin
      if webhooks_want(array['ng.opened', 'ng.closed']) then
        execute $q$
          insert into webhook_events (merchant_id, type, key, subject, data, occurred_at)
          select s.merchant_id, w.type, w.type || ':' || s.id, 'order:' || h.order_number,
            jsonb_build_object('month', c.billing_month, 'orderNumber', h.order_number,
              'amountYen', k.amount_yen)
            || case s.kind when 'opened' then '{}'::jsonb else
              jsonb_build_object('outcome', k.outcome, 'recoveredBy', k.recovered_by) end,
            s.taken_at
          from new_rows s
          join ng_cases k on k.id = s.case_id
          join charges h on h.id = k.charge_id
          join cycles c on c.id = k.cycle_id
          join webhook_wishes w on w.merchant_id = s.merchant_id and w.type = 'ng.' || s.kind
          where s.kind in ('opened', 'closed')
          order by s.id
          on conflict do nothing
        $q$;
      end if;
      return null;
    end $function$;
CREATE OR REPLACE FUNCTION public.webhooks_want(types text[])
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
      select exists (select from delivery_endpoints e
        where e.kind = 'webhook' and e.state <> 'retired' and e.events && $1) $function$;

CREATE TRIGGER attempts_rules AFTER INSERT ON public.attempts REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_attempts();
CREATE TRIGGER attempts_unclosed AFTER INSERT ON public.attempts REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_closed_months();
CREATE TRIGGER attempts_unheld AFTER INSERT ON public.attempts REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_holds();
CREATE TRIGGER attempts_unlocked AFTER INSERT ON public.attempts REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_card_locks();
CREATE TRIGGER audit_entries_rules AFTER INSERT ON public.audit_entries REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_audit_entries();
CREATE TRIGGER card_locks_are_told AFTER INSERT ON public.card_locks REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION tell_card_locks();
CREATE TRIGGER card_locks_serial AFTER INSERT ON public.card_locks REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION lock_merchant_of_card_lock();
CREATE TRIGGER card_unlocks_approved AFTER INSERT ON public.card_unlocks REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_card_unlocks();
CREATE TRIGGER card_unlocks_are_told AFTER INSERT ON public.card_unlocks REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION tell_card_unlocks();
CREATE TRIGGER charge_items_rules AFTER INSERT ON public.charge_items REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_charge_items();
CREATE TRIGGER charge_items_unclosed AFTER INSERT ON public.charge_items REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_closed_months();
CREATE TRIGGER charges_rules AFTER INSERT ON public.charges REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_charges();
CREATE TRIGGER charges_tallied AFTER INSERT ON public.charges REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION tally_charges();
CREATE TRIGGER charges_unclosed AFTER INSERT ON public.charges REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_charges_of_closed_months();
CREATE TRIGGER contradiction_settlements_rules AFTER INSERT ON public.contradiction_settlements REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_contradiction_settlements();
CREATE TRIGGER contradictions_rules AFTER INSERT ON public.contradictions REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_contradictions();
CREATE TRIGGER contradictions_unclosed AFTER INSERT ON public.contradictions REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_closed_months();
CREATE TRIGGER correction_acknowledgements_rules AFTER INSERT ON public.correction_acknowledgements REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_correction_acknowledgements();
CREATE TRIGGER corrections_rules AFTER INSERT ON public.corrections REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_corrections();
CREATE TRIGGER cycles_are_told AFTER UPDATE OF stage ON public.cycles FOR EACH ROW WHEN ((old.stage IS DISTINCT FROM new.stage)) EXECUTE FUNCTION tell_cycle_stage();
CREATE TRIGGER cycles_begun_are_told AFTER INSERT ON public.cycles FOR EACH ROW EXECUTE FUNCTION tell_cycle_stage();
CREATE TRIGGER cycles_stay_closed AFTER INSERT OR UPDATE OF stage, closed_at ON public.cycles FOR EACH ROW EXECUTE FUNCTION keep_closed_month();
CREATE TRIGGER ending_results_are_told AFTER INSERT ON public.ending_results REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION tell_captures();
CREATE TRIGGER ending_results_rules AFTER INSERT ON public.ending_results REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_ending_results();
CREATE TRIGGER ending_results_unclosed AFTER INSERT ON public.ending_results REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_closed_months();
CREATE TRIGGER endings_rules AFTER INSERT ON public.endings REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_endings();
CREATE TRIGGER endings_unclosed AFTER INSERT ON public.endings REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_closed_months();
CREATE TRIGGER endings_unheld AFTER INSERT ON public.endings REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_holds();
CREATE TRIGGER file_lines_rules AFTER INSERT ON public.file_lines REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_file_lines();
CREATE TRIGGER imports_are_told AFTER UPDATE OF stage ON public.imports FOR EACH ROW WHEN (((old.stage IS DISTINCT FROM new.stage) AND (new.stage = ANY (ARRAY['done'::text, 'refused'::text])))) EXECUTE FUNCTION tell_import();
CREATE TRIGGER ng_case_steps_are_told AFTER INSERT ON public.ng_case_steps REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION tell_ng_cases();
CREATE TRIGGER ng_cases_order_number BEFORE INSERT ON public.ng_cases FOR EACH ROW EXECUTE FUNCTION copy_order_number();
CREATE TRIGGER outcomes_rules AFTER INSERT ON public.outcomes REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_outcomes();
CREATE TRIGGER outcomes_unclosed AFTER INSERT ON public.outcomes REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_closed_months();
CREATE TRIGGER result_files_unclosed AFTER INSERT ON public.result_files REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_result_files_of_closed_months();
CREATE TRIGGER result_lines_rules AFTER INSERT ON public.result_lines REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_result_lines();
CREATE TRIGGER sends_once AFTER INSERT ON public.sends REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_sends();
CREATE TRIGGER shipments_rules AFTER INSERT ON public.shipments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_shipments();
CREATE TRIGGER subscriptions_dated BEFORE INSERT OR UPDATE ON public.subscriptions FOR EACH ROW EXECUTE FUNCTION date_subscription();
CREATE TRIGGER webhook_events_queued AFTER INSERT ON public.webhook_events REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION queue_webhook_events();

create view charge_states as
 SELECT c.id AS charge_id,
    c.merchant_id,
    c.cycle_id,
    c.order_number,
    c.customer_number,
    c."position",
        CASE
            WHEN (EXISTS ( SELECT
               FROM contradictions d
              WHERE ((d.charge_id = c.id) AND (NOT (EXISTS ( SELECT
                       FROM contradiction_settlements s
                      WHERE (s.contradiction_id = d.id))))))) THEN 'quarantined'::text
            WHEN ((a.kind IS NULL) OR (a.kind = 'released'::text)) THEN 'planned'::text
            WHEN (a.kind <> 'authorization'::text) THEN a.kind
            WHEN (o.outcome = ANY (ARRAY['rejected'::text, 'not_sent'::text])) THEN 'planned'::text
            WHEN (o.outcome = 'declined'::text) THEN 'declined'::text
            WHEN (e.kind = 'expired'::text) THEN 'expired'::text
            WHEN ((o.outcome = 'ok'::text) AND (e.kind IS NULL)) THEN 'authorized'::text
            WHEN (r.result = ANY (ARRAY['captured'::text, 'voided'::text])) THEN r.result
            WHEN (r.result IS NOT NULL) THEN 'authorized'::text
            ELSE
            CASE ( SELECT l.verdict
                   FROM ((result_files f
                     JOIN file_lines s ON ((s.exchange_id = f.exchange_id)))
                     JOIN result_lines l ON (((l.exchange_id = f.exchange_id) AND (l.round = f.round) AND (l.line_number = s.line_number))))
                  WHERE ((f.exchange_id = x.id) AND (s.charge_id = c.id))
                  ORDER BY f.round DESC
                 LIMIT 1)
                WHEN 'unknown'::text THEN 'unknown'::text
                WHEN 'quarantined'::text THEN 'quarantined'::text
                ELSE
                CASE
                    WHEN (x.stage = 'unknown'::text) THEN 'unknown'::text
                    WHEN (e.kind IS NULL) THEN 'sent'::text
                    ELSE (e.kind || '_sent'::text)
                END
            END
        END AS state,
    a.n,
    e.k,
    (COALESCE(( SELECT sum(i.yen) AS sum
           FROM charge_items i
          WHERE (i.charge_id = c.id)), (0)::bigint))::integer AS amount_yen,
        CASE
            WHEN (r.result = 'captured'::text) THEN e.amount_yen
            ELSE 0
        END AS captured_yen,
    COALESCE(r.response_code, o.response_code) AS response_code,
    COALESCE(r.response_detail, o.response_detail) AS response_detail,
    o.capture_before
   FROM (((((charges c
     LEFT JOIN ( SELECT t.charge_id,
            t.n,
            t.merchant_id,
            t.kind,
            t.exchange_id,
            t.amount_yen,
            t.decision_id,
            t.claimed_at
           FROM attempts t
          WHERE (NOT (EXISTS ( SELECT
                   FROM attempts later
                  WHERE ((later.charge_id = t.charge_id) AND (later.n = (t.n + 1)) AND (later.n > 1)))))) a ON ((a.charge_id = c.id)))
     LEFT JOIN outcomes o ON (((o.charge_id = a.charge_id) AND (o.n = a.n))))
     LEFT JOIN ( SELECT t.charge_id,
            t.n,
            t.k,
            t.merchant_id,
            t.kind,
            t.amount_yen,
            t.exchange_id,
            t.decision_id,
            t.claimed_at
           FROM endings t
          WHERE (NOT (EXISTS ( SELECT
                   FROM endings later
                  WHERE ((later.charge_id = t.charge_id) AND (later.n = t.n) AND (later.k = (t.k + 1)) AND (later.k > 1)))))) e ON (((e.charge_id = a.charge_id) AND (e.n = a.n))))
     LEFT JOIN ending_results r ON (((r.charge_id = e.charge_id) AND (r.n = e.n) AND (r.k = e.k))))
     LEFT JOIN exchanges x ON ((x.id =
        CASE
            WHEN (e.k IS NULL) THEN a.exchange_id
            ELSE e.exchange_id
        END)));
create view order_verdicts as
 SELECT selection_id,
    record,
    merchant_id,
    order_number,
    amount_yen,
    verdict,
    reason,
    charge_id,
    cycle_id,
    collection_id,
    version,
    n
   FROM selection_rows r
  WHERE ((NOT (EXISTS ( SELECT
           FROM selection_rows later
          WHERE ((later.collection_id = r.collection_id) AND (later.record = r.record) AND (later.n = (r.n + 1)) AND (later.n > 1))))) AND ((EXISTS ( SELECT
           FROM selection_rows later
          WHERE ((later.cycle_id = r.cycle_id) AND (later.order_number = r.order_number) AND (later.version > r.version) AND (later.version > 1)))) IS NOT TRUE) AND ((order_number IS NOT NULL) OR (NOT (EXISTS ( SELECT
           FROM order_collections c
          WHERE ((c.cycle_id = r.cycle_id) AND (c.id > r.collection_id) AND c.complete))))));
create view open_order_holds as
 SELECT merchant_id,
    order_number,
    n,
    cycle_id,
    decision_id,
    held_at
   FROM order_holds h
  WHERE (NOT (EXISTS ( SELECT
           FROM order_hold_releases r
          WHERE ((r.merchant_id = h.merchant_id) AND (r.order_number = h.order_number) AND (r.n = h.n)))));
create view migration_scope as
 SELECT f.migration_id,
    f.merchant_id,
    c.customer_id
   FROM (migration_link_files f
     JOIN migration_customers c ON ((c.link_file_id = f.id)))
  WHERE (NOT (EXISTS ( SELECT
           FROM migration_link_files l
          WHERE ((l.migration_id = f.migration_id) AND (l.n > f.n)))));
create view migration_results as
 SELECT r.migration_id,
    r.merchant_id,
    r.id AS round_id,
    r.n AS round,
    w.line,
    w.record,
    w.customer_id,
        CASE
            WHEN (w.verdict <> 'passed'::text) THEN w.verdict
            WHEN (f.import_id IS NULL) THEN 'imported'::text
            ELSE 'failed'::text
        END AS result,
    COALESCE(f.columns, w.columns) AS columns,
    COALESCE(f.errors, w.errors) AS errors
   FROM ((migration_rounds r
     JOIN migration_rows w ON ((w.round_id = r.id)))
     LEFT JOIN import_failures f ON (((f.import_id = r.import_id) AND (f.record = w.record))))
  WHERE ((r.state = 'done'::text) AND (r.superseded_at IS NULL));
create view open_card_locks as
 SELECT id,
    merchant_id,
    number,
    card_id,
    n,
    customer_id,
    customer_number,
    service,
    last_digits,
    expiry,
    refresh_id,
    line,
    result_n,
    result_line,
    verdict,
    locked_at
   FROM card_locks l
  WHERE (NOT (EXISTS ( SELECT
           FROM card_unlocks u
          WHERE (u.lock_id = l.id))));
create view billing_card_locks as
 SELECT id,
    merchant_id,
    number,
    card_id,
    n,
    customer_id,
    customer_number,
    service,
    last_digits,
    expiry,
    refresh_id,
    line,
    result_n,
    result_line,
    verdict,
    locked_at
   FROM open_card_locks l
  WHERE (NOT COALESCE(( SELECT (bool_or((s.runs AND s.stood)) AND bool_and(s.charges_another))
           FROM ( SELECT (x.ended_at IS NULL) AS runs,
                    ((x.began_at < l.locked_at) AND COALESCE((x.ended_at > l.locked_at), true)) AS stood,
                    (EXISTS ( SELECT
                           FROM cards k
                          WHERE ((k.id = x.card_id) AND (k.id <> l.card_id) AND (k.merchant_id = l.merchant_id) AND (k.customer_id = l.customer_id) AND (k.deleted_at IS NULL) AND (("right"(k.last_digits, 3) <> "right"(l.last_digits, 3)) OR (k.expiry > l.expiry)) AND (k.expiry >= GREATEST(to_char((l.locked_at AT TIME ZONE 'Asia/Tokyo'::text), 'YYYY-MM'::text), ( SELECT max(y.billing_month) AS max
                                   FROM cycles y
                                  WHERE (y.merchant_id = l.merchant_id))))))) AS charges_another
                   FROM subscriptions x
                  WHERE ((x.merchant_id = l.merchant_id) AND (x.customer_id = l.customer_id))) s
          WHERE (s.runs OR s.stood)), false));
create view locked_charges as
 SELECT l.merchant_id,
    l.id AS lock_id,
    c.cycle_id,
    c.id AS charge_id
   FROM (billing_card_locks l
     JOIN charges c ON (((c.merchant_id = l.merchant_id) AND (c.customer_number = l.customer_number))))
  WHERE order_charges_service(l.merchant_id, c.collection_id, c.record, l.service);
create view webhook_wishes as
 SELECT DISTINCT e.merchant_id,
    w.type
   FROM (delivery_endpoints e
     CROSS JOIN LATERAL unnest(e.events) w(type))
  WHERE ((e.kind = 'webhook'::text) AND (e.state <> 'retired'::text));

grant insert, maintain, select on attempts to tsukigime_app;
grant insert, maintain, select on charge_items to tsukigime_app;
grant insert, maintain, select on charges to tsukigime_app;
grant insert, maintain, select on customer_mails to tsukigime_app;
grant insert, maintain, select on ending_results to tsukigime_app;
grant insert, maintain, select on endings to tsukigime_app;
grant insert, maintain, select on file_lines to tsukigime_app;
grant insert, maintain, select on mail_outbox to tsukigime_app;
grant insert, maintain, select on ng_case_steps to tsukigime_app;
grant insert, maintain, select on ng_cases to tsukigime_app;
grant insert, maintain, select on orders to tsukigime_app;
grant insert, maintain, select on outcomes to tsukigime_app;
grant insert, maintain, select on quarantined_orders to tsukigime_app;
grant insert, maintain, select on result_lines to tsukigime_app;
grant insert, maintain, select on selection_rows to tsukigime_app;
grant insert, select on allowed_hosts to tsukigime_app;
grant insert, select on audit_entries to tsukigime_app;
grant insert, select on audit_heads to tsukigime_app;
grant insert, select on authorization_requests to tsukigime_app;
grant insert, select on capture_requests to tsukigime_app;
grant insert, select on capture_waves to tsukigime_app;
grant insert, select on card_lock_override_answers to tsukigime_app;
grant insert, select on card_lock_overrides to tsukigime_app;
grant insert, select on card_locks to tsukigime_app;
grant insert, select on card_migrations to tsukigime_app;
grant insert, select on card_notices to tsukigime_app;
grant insert, select on card_refreshes to tsukigime_app;
grant insert, select on card_unlocks to tsukigime_app;
grant insert, select on cards to tsukigime_app;
grant insert, select on carrier_calls to tsukigime_app;
grant insert, select on carrier_resend_closings to tsukigime_app;
grant insert, select on carrier_resend_tasks to tsukigime_app;
grant insert, select on carrier_results to tsukigime_app;
grant insert, select on carrier_verdicts to tsukigime_app;
grant insert, select on carry_over_choices to tsukigime_app;
grant insert, select on charge_clearances to tsukigime_app;
grant insert, select on charge_registrations to tsukigime_app;
grant insert, select on charge_tallies to tsukigime_app;
grant insert, select on clearances to tsukigime_app;
grant insert, select on completion_mails to tsukigime_app;
grant insert, select on completion_matches to tsukigime_app;
grant insert, select on contradiction_settlements to tsukigime_app;
grant insert, select on contradictions to tsukigime_app;
grant insert, select on correction_acknowledgements to tsukigime_app;
grant insert, select on corrections to tsukigime_app;
grant insert, select on customer_mail_bounces to tsukigime_app;
grant insert, select on customer_mail_templates to tsukigime_app;
grant insert, select on customer_mail_tries to tsukigime_app;
grant insert, select on customer_numberings to tsukigime_app;
grant insert, select on customer_reviews to tsukigime_app;
grant insert, select on customer_tags to tsukigime_app;
grant insert, select on customers to tsukigime_app;
grant insert, select on cycles to tsukigime_app;
grant insert, select on decisions to tsukigime_app;
grant insert, select on deliveries to tsukigime_app;
grant insert, select on delivery_attempts to tsukigime_app;
grant insert, select on delivery_endpoints to tsukigime_app;
grant insert, select on desk_decisions to tsukigime_app;
grant insert, select on epos_banners to tsukigime_app;
grant insert, select on exchanges to tsukigime_app;
grant insert, select on file_chunks to tsukigime_app;
grant insert, select on files to tsukigime_app;
grant insert, select on format_errors to tsukigime_app;
grant insert, select on import_failures to tsukigime_app;
grant insert, select on import_warnings to tsukigime_app;
grant insert, select on imports to tsukigime_app;
grant insert, select on mail_send_answers to tsukigime_app;
grant insert, select on mail_sends to tsukigime_app;
grant insert, select on mailbox_mails to tsukigime_app;
grant insert, select on merchant_secrets to tsukigime_app;
grant insert, select on merchant_settings to tsukigime_app;
grant insert, select on merchants to tsukigime_app;
grant insert, select on migration_acceptances to tsukigime_app;
grant insert, select on migration_acknowledgements to tsukigime_app;
grant insert, select on migration_card_changes to tsukigime_app;
grant insert, select on migration_customer_decisions to tsukigime_app;
grant insert, select on migration_customers to tsukigime_app;
grant insert, select on migration_hand_overs to tsukigime_app;
grant insert, select on migration_link_files to tsukigime_app;
grant insert, select on migration_rounds to tsukigime_app;
grant insert, select on migration_rows to tsukigime_app;
grant insert, select on notice_reads to tsukigime_app;
grant insert, select on notices to tsukigime_app;
grant insert, select on occupations to tsukigime_app;
grant insert, select on order_absences to tsukigime_app;
grant insert, select on order_collections to tsukigime_app;
grant insert, select on order_hold_releases to tsukigime_app;
grant insert, select on order_holds to tsukigime_app;
grant insert, select on payment_details to tsukigime_app;
grant insert, select on payment_inquiries to tsukigime_app;
grant insert, select on payment_inquiry_rows to tsukigime_app;
grant insert, select on payment_inquiry_uses to tsukigime_app;
grant insert, select on preview_findings to tsukigime_app;
grant insert, select on preview_results to tsukigime_app;
grant insert, select on previews to tsukigime_app;
grant insert, select on refresh_quarantine to tsukigime_app;
grant insert, select on refresh_result_files to tsukigime_app;
grant insert, select on refresh_results to tsukigime_app;
grant insert, select on refresh_send_answers to tsukigime_app;
grant insert, select on refresh_sends to tsukigime_app;
grant insert, select on refresh_targets to tsukigime_app;
grant insert, select on result_files to tsukigime_app;
grant insert, select on result_sightings to tsukigime_app;
grant insert, select on result_strays to tsukigime_app;
grant insert, select on run_orders to tsukigime_app;
grant insert, select on run_plans to tsukigime_app;
grant insert, select on run_withdrawals to tsukigime_app;
grant insert, select on runs to tsukigime_app;
grant insert, select on schedule_decisions to tsukigime_app;
grant insert, select on selections to tsukigime_app;
grant insert, select on send_answers to tsukigime_app;
grant insert, select on send_error_acts to tsukigime_app;
grant insert, select on send_error_digests to tsukigime_app;
grant insert, select on send_errors to tsukigime_app;
grant insert, select on sends to tsukigime_app;
grant insert, select on sessions to tsukigime_app;
grant insert, select on shipments to tsukigime_app;
grant insert, select on source_files to tsukigime_app;
grant insert, select on source_looks to tsukigime_app;
grant insert, select on stray_settlements to tsukigime_app;
grant insert, select on subscriptions to tsukigime_app;
grant insert, select on token_merchants to tsukigime_app;
grant insert, select on tokens to tsukigime_app;
grant insert, select on user_grants to tsukigime_app;
grant insert, select on users to tsukigime_app;
grant insert, select on webhook_events to tsukigime_app;
grant select on billing_card_locks to tsukigime_app;
grant select on charge_states to tsukigime_app;
grant select on closed_months to tsukigime_app;
grant select on locked_charges to tsukigime_app;
grant select on migration_results to tsukigime_app;
grant select on migration_scope to tsukigime_app;
grant select on open_card_locks to tsukigime_app;
grant select on open_order_holds to tsukigime_app;
grant select on order_verdicts to tsukigime_app;
grant select on webhook_wishes to tsukigime_app;
grant update (acceptance_number, accepted_at, amount_yen, attention, completed_at, due_at, file_id, finished_at, note, records, stage, unclear_at) on exchanges to tsukigime_app;
grant update (acknowledged_at, acknowledged_by) on customer_reviews to tsukigime_app;
grant update (act_id, attempt, due_at, resent_by, state, tries_left) on deliveries to tsukigime_app;
grant update (amount_yen, card_id, deleted_at, next_month, status, updated_at) on subscriptions to tsukigime_app;
grant update (attention, attention_since, closed_at, stage, stage_changes, stage_since, trouble) on cycles to tsukigime_app;
grant update (attention, closed_at, due_at, first, note, request_at, request_file_id, sent_at, stage, targets, unclear_at) on card_refreshes to tsukigime_app;
grant update (auth_key_data, auth_key_id, auth_key_iv, brand, deleted_at, expiry, holder, import_id, last_digits, send_id, sequence, updated_at) on cards to tsukigime_app;
grant update (auth_key_data, auth_key_id, auth_key_iv, holder) on migration_card_changes to tsukigime_app;
grant update (back_off_seconds, circuit_failures, circuit_open_until, circuit_pause_seconds, concurrency, encoding, events, failures_in_a_row, secret_name, secret_overlap_hours, state, timeout_ms, url, version) on delivery_endpoints to tsukigime_app;
grant update (birth_date, blanked_at, building, city, customer_type, deleted_at, email, gender, import_id, kana, name, newsletter, occupation_id, phone, postal_code, prefecture, street, tag_ids, updated_at) on customers to tsukigime_app;
grant update (class, closed_at, code, due_at, limit_kind, n, next_step, outcome, plan, recovered_by, revision, why) on ng_cases to tsukigime_app;
grant update (clock_offset_ms, name) on merchants to tsukigime_app;
grant update (coverage, failed, finished_at, import_id, imported, lines, quarantined, settings_version, state, superseded_at, trouble) on migration_rounds to tsukigime_app;
grant update (deleted_at, name) on customer_tags to tsukigime_app;
grant update (deleted_at, name) on occupations to tsukigime_app;
grant update (disabled_at, name, password_hash, password_set_at, password_set_by) on users to tsukigime_app;
grant update (due_at, finished_at, note, stage, waits_since) on card_migrations to tsukigime_app;
grant update (encoding, failed, finished_at, imported, remarks, rows, settings_version, stage, started_at, trouble, warned) on imports to tsukigime_app;
grant update (ended_at, seen_at) on sessions to tsukigime_app;
grant update (error, error_at, looked_at, seen, source) on source_looks to tsukigime_app;
grant update (last_id) on customer_numberings to tsukigime_app;
grant update (next_due_at, state) on mail_outbox to tsukigime_app;
grant update (refusal, refused_settings_version) on source_files to tsukigime_app;
grant update (revoked_at) on tokens to tsukigime_app;
grant usage on sequence cards_id_seq to tsukigime_app;
grant usage on sequence carrier_calls_id_seq to tsukigime_app;
grant usage on sequence carrier_resend_tasks_id_seq to tsukigime_app;
grant usage on sequence carrier_results_id_seq to tsukigime_app;
grant usage on sequence charges_id_seq to tsukigime_app;
grant usage on sequence contradictions_id_seq to tsukigime_app;
grant usage on sequence corrections_id_seq to tsukigime_app;
grant usage on sequence customer_tags_id_seq to tsukigime_app;
grant usage on sequence cycles_id_seq to tsukigime_app;
grant usage on sequence decisions_id_seq to tsukigime_app;
grant usage on sequence deliveries_id_seq to tsukigime_app;
grant usage on sequence delivery_endpoints_id_seq to tsukigime_app;
grant usage on sequence exchanges_id_seq to tsukigime_app;
grant usage on sequence files_id_seq to tsukigime_app;
grant usage on sequence imports_id_seq to tsukigime_app;
grant usage on sequence mail_outbox_id_seq to tsukigime_app;
grant usage on sequence mailbox_mails_id_seq to tsukigime_app;
grant usage on sequence merchants_id_seq to tsukigime_app;
grant usage on sequence migration_link_files_id_seq to tsukigime_app;
grant usage on sequence notices_id_seq to tsukigime_app;
grant usage on sequence occupations_id_seq to tsukigime_app;
grant usage on sequence order_collections_id_seq to tsukigime_app;
grant usage on sequence payment_inquiries_id_seq to tsukigime_app;
grant usage on sequence previews_id_seq to tsukigime_app;
grant usage on sequence runs_id_seq to tsukigime_app;
grant usage on sequence selections_id_seq to tsukigime_app;
grant usage on sequence send_error_acts_id_seq to tsukigime_app;
grant usage on sequence send_errors_id_seq to tsukigime_app;
grant usage on sequence source_files_id_seq to tsukigime_app;
grant usage on sequence tokens_id_seq to tsukigime_app;

import type { Config } from '../config.ts';
import type { Finding } from './finding.ts';
import {
  checkConsole,
  checkDisk,
  checkInbox,
  checkKeys,
  checkNode,
  checkPostgresPrograms,
  checkSmtp,
  checkTemporalCli,
} from './inspect-machine.ts';
import { checkPostgres } from './inspect-postgres.ts';
import { checkRecord } from './inspect-record.ts';
import { checkTemporal } from './inspect-temporal.ts';
import { findRunningStack } from './running-stack.ts';

export type { Finding } from './finding.ts';

/** Rows of these are facts about money or its audit: the application role may only add to them. */
export const insertOnlyTables: readonly string[] = [
  'orders',
  'charges',
  'charge_items',
  'charge_tallies',
  'attempts',
  'outcomes',
  'endings',
  'ending_results',
  'contradictions',
  'contradiction_settlements',
  'stray_settlements',
  'desk_decisions',
  'order_holds',
  'order_hold_releases',
  'sends',
  'result_sightings',
  'send_answers',
  'file_lines',
  'runs',
  'run_orders',
  'run_plans',
  'run_withdrawals',
  'clearances',
  'charge_clearances',
  'shipments',
  'capture_requests',
  'authorization_requests',
  'capture_waves',
  'payment_inquiries',
  'payment_inquiry_rows',
  'payment_inquiry_uses',
  'payment_details',
  'carry_over_choices',
  'charge_registrations',
  'ng_case_steps',
  'carrier_calls',
  'carrier_results',
  'carrier_verdicts',
  'delivery_attempts',
  'send_errors',
  'send_error_acts',
  'webhook_events',
  'corrections',
  'correction_acknowledgements',
  'closed_months',
  'card_locks',
  'card_unlocks',
  'refresh_sends',
  'refresh_send_answers',
  'refresh_targets',
  'refresh_result_files',
  'refresh_results',
  'refresh_quarantine',
  'epos_banners',
  'card_lock_overrides',
  'card_lock_override_answers',
  'migration_acknowledgements',
  'migration_customer_decisions',
  'migration_link_files',
  'migration_customers',
  'migration_hand_overs',
  'migration_rows',
  'migration_acceptances',
  'schedule_decisions',
  'audit_entries',
];

/** Looks at everything the system stands on. Changes nothing, starts nothing. */
export async function inspectStack(config: Config): Promise<Finding[]> {
  const running = findRunningStack(config);
  const findings: Finding[] = [checkNode(process.versions.node), ...checkKeys(config, running)];
  findings.push(await checkDisk(config.dataDir));
  if (config.databaseUrl === undefined && config.databaseUrlApp === undefined) {
    findings.push(await checkPostgresPrograms());
  }
  findings.push(...(await checkPostgres(running, insertOnlyTables)));
  if (config.temporalAddress === undefined) findings.push(...(await checkTemporalCli(config)));
  findings.push(...(await checkTemporal(running)));
  findings.push(await checkSmtp(config), await checkInbox(config), checkConsole());
  const stands = (part: string) => findings.some((one) => one.part === part && one.ok);
  // What was said of these is enough: nothing can be asked of the record then.
  if (stands('Postgres') && stands('Schema')) {
    findings.push(
      ...(await checkRecord(running, { inboxDir: config.inboxDir, schedules: stands('Temporal') })),
    );
  }
  return findings;
}

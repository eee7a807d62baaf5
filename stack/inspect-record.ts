import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { MerchantSettings } from '../billing/merchant-settings.ts';
import { listOutsideConnections, type OutsideConnection } from '../billing/outside-connections.ts';
import { planSchedules } from '../billing/wanted-schedules.ts';
import { type Db, openDatabase } from '../db/database.ts';
import { listAllowedHosts } from '../db/queries/allowed-hosts.ts';
import { listEndpoints } from '../db/queries/delivery-endpoints.ts';
import { listKeyUse } from '../db/queries/encryption-keys.ts';
import { listMerchants, type Merchant } from '../db/queries/merchants.ts';
import { listScheduleDecisions } from '../db/queries/schedule-decisions.ts';
import { listSecrets } from '../db/queries/secrets.ts';
import { findSettings } from '../db/queries/settings.ts';
import { resolveGuarded } from '../outside/address-guard.ts';
import { OutsideError } from '../outside/outside-error.ts';
import { connectTemporal } from '../temporal/client.ts';
import { viewSchedule } from '../temporal/schedules.ts';
import { type Finding, fine, problem, reasonOf } from './finding.ts';
import type { RunningStackInfo } from './running-stack.ts';

interface Known {
  readonly merchant: Merchant;
  readonly settings: MerchantSettings;
}

/**
 * Looks at what the record asks of its surroundings: keys, secrets, addresses, Schedules.
 * @param of.schedules whether Temporal can be asked
 */
export async function checkRecord(
  running: RunningStackInfo,
  of: { readonly inboxDir: string | undefined; readonly schedules: boolean },
): Promise<Finding[]> {
  const { appDatabaseUrl, ownerDatabaseUrl } = running;
  const url = appDatabaseUrl ?? ownerDatabaseUrl;
  if (url === undefined) return [];
  const db = openDatabase(url, { maxConnections: 1, applicationName: 'tsukigime-doctor' });
  try {
    const known: Known[] = [];
    for (const merchant of await listMerchants(db, null)) {
      const settings = (await findSettings(db, merchant.id))?.settings;
      if (settings !== undefined) known.push({ merchant, settings });
    }
    return [
      await checkKeysInUse(db, running),
      ...(await checkConnections(db, known, of.inboxDir)),
      ...(of.schedules ? [await checkSchedules(db, running, known)] : []),
    ];
  } finally {
    await db.destroy();
  }
}

/** What is encrypted with a key that nobody has is lost until somebody finds it. */
async function checkKeysInUse(db: Db, { fileKeys = [] }: RunningStackInfo): Promise<Finding> {
  const used = [...new Set((await listKeyUse(db)).map(({ keyId }) => keyId))];
  const missing = used.filter((id) => !fileKeys.some((key) => key.id === id));
  return missing.length === 0
    ? fine('Keys in use', used.length === 0 ? 'none yet' : used.join(', '))
    : problem(
        'Keys in use',
        `stored data is encrypted with ${missing.join(', ')}, which TSUKIGIME_FILE_KEYS does not hold`,
        'Put them back into TSUKIGIME_FILE_KEYS, behind the newest, and restart worker and API.',
      );
}

/** Every connection that settings and endpoints name: its secrets are there, its address may be called. */
async function checkConnections(
  db: Db,
  known: readonly Known[],
  inboxDir: string | undefined,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  let connections = 0;
  for (const { merchant, settings } of known) {
    const part = `Merchant ${merchant.slug}`;
    const secrets = new Set((await listSecrets(db, merchant.id)).map(({ name }) => name));
    const endpoints = await listEndpointConnections(db, merchant);
    for (const connection of [...listOutsideConnections(settings), ...endpoints]) {
      connections += 1;
      const missing = connection.secrets.filter((name) => !secrets.has(name));
      if (missing.length > 0) {
        const set = `npx tsukigime merchant secret set ${missing[0]} --merchant ${merchant.slug}`;
        findings.push(problem(part, `${connection.setting}: no secret ${missing.join(', ')}`, set));
      }
      const refusal = await refusalOf(db, merchant, connection.host);
      if (refusal !== null) {
        const text = `${connection.setting}: ${reasonOf(refusal)}`;
        findings.push(problem(part, text, remedyOf(merchant, refusal)));
      }
    }
    findings.push(...(await checkDirectory(part, merchant, settings, inboxDir)));
  }
  if (findings.length > 0) return findings;
  const text = `${connections} of ${known.length} merchants: secrets are there, addresses may be called`;
  return [fine('Connections', text)];
}

/** The systems of the merchant that are told results or events; a retired one is told nothing. */
async function listEndpointConnections(db: Db, { id }: Merchant): Promise<OutsideConnection[]> {
  const endpoints = [
    ...(await listEndpoints(db, id, 'carrier')),
    ...(await listEndpoints(db, id, 'webhook')),
  ];
  return endpoints
    .filter(({ state }) => state !== 'retired')
    .map(({ kind, slug, url, secretName }) => ({
      setting: `${kind === 'carrier' ? 'carrier endpoint' : 'webhook'} ${slug}`,
      host: new URL(url).hostname,
      secrets: [secretName],
    }));
}

/** Why the address guard would not let us call a host; null = it would. */
async function refusalOf(db: Db, merchant: Merchant, host: string | null): Promise<unknown> {
  if (host === null) return null;
  const allowed = (await listAllowedHosts(db, merchant.id)).filter((one) => one.allowed);
  try {
    const allowedHosts = allowed.map((one) => one.host);
    await resolveGuarded(host, { kind: merchant.kind, allowedHosts });
    return null;
  } catch (error) {
    return error;
  }
}

/** What lets the host be called; that an admin allows it is said only where it helps. */
function remedyOf({ kind }: Merchant, refusal: unknown): string {
  if (!(refusal instanceof OutsideError) || refusal.problem !== 'address_refused') {
    return 'Correct the host there, or the name service of this machine.';
  }
  if (kind === 'sandbox') {
    return 'Name a receiver on this machine there, as 127.0.0.1: a sandbox merchant reaches no other, whatever is allowed.';
  }
  return refusal.mayBeAllowed
    ? 'Have an admin allow it (docs/api.md, allowed-hosts), or correct the host there.'
    : 'Name there the host under which other machines reach that system: allowing this one opens nothing. A real merchant never reaches loopback; only a sandbox merchant does.';
}

async function checkDirectory(
  part: string,
  { slug }: Merchant,
  { orderSource }: MerchantSettings,
  inboxDir: string | undefined,
): Promise<Finding[]> {
  if (orderSource.kind !== 'directory') return [];
  if (inboxDir === undefined) {
    return [
      problem(part, 'orderSource: TSUKIGIME_INBOX_DIR is not set', 'Set it, for worker and API.'),
    ];
  }
  const folder = join(inboxDir, slug, orderSource.path);
  const readable = await access(folder, constants.R_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  const remedy = 'Make it, and let the user of worker and API read it.';
  return readable ? [] : [problem(part, `orderSource: ${folder} cannot be read`, remedy)];
}

async function checkSchedules(
  db: Db,
  { temporalAddress: address, temporalNamespace, temporalAccess, payloadKeys }: RunningStackInfo,
  known: readonly Known[],
): Promise<Finding> {
  const part = 'Schedules';
  const sync = 'npx tsukigime schedules sync';
  if (address === undefined || payloadKeys === undefined) {
    return problem(part, 'cannot be read without payload keys', 'Set TSUKIGIME_PAYLOAD_KEYS.');
  }
  let client: Client | undefined;
  try {
    client = await connectTemporal({
      ...{ address, namespace: temporalNamespace, access: temporalAccess, keys: payloadKeys },
    });
    const { active, paused, differing } = await compareSchedules(db, client, known);
    const text = `${active} active${paused.length > 0 ? `, paused: ${paused.join(', ')}` : ''}`;
    return differing.length === 0
      ? fine(part, text)
      : problem(part, `not as the settings want: ${differing.join(', ')}`, sync);
  } catch (error) {
    return problem(part, `cannot be compared (${reasonOf(error)})`, sync);
  } finally {
    await client?.connection.close();
  }
}

async function compareSchedules(db: Db, client: Client, known: readonly Known[]) {
  const found = { active: 0, paused: [] as string[], differing: [] as string[] };
  const now = new Date().toISOString();
  for (const { merchant, settings } of known) {
    const decisions = await listScheduleDecisions(db, merchant.id);
    for (const wanted of planSchedules(merchant, settings, now)) {
      const hold = decisions.find(({ what }) => what === wanted.what);
      const view = await viewSchedule(client, wanted, hold);
      if (!view.followsSettings) found.differing.push(view.scheduleId);
      else if (view.state === 'paused') found.paused.push(view.scheduleId);
      else if (view.state === 'active') found.active += 1;
    }
  }
  return found;
}

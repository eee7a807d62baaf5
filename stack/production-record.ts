import { businessDateOf } from '../billing/business-date.ts';
import { type Db, openDatabase } from '../db/database.ts';
import { listAuditHeads } from '../db/queries/audit-heads.ts';
import { listMerchants, type Merchant } from '../db/queries/merchants.ts';
import { listUsers } from '../db/queries/users.ts';
import { readServerState, type ServerState } from '../db/server-state.ts';
import { type Finding, fine, note, problem } from './finding.ts';
import { judgeTransport, measureDistance } from './production-network.ts';

/** What production asks of the record of money beyond what every installation does. */
export async function checkProductionRecord(url: string, now: string): Promise<Finding[]> {
  const db = openDatabase(url, { maxConnections: 1, applicationName: 'tsukigime-check' });
  try {
    const server = await readServerState(db);
    const merchants = await listMerchants(db, null);
    const users = await listUsers(db, { viewer: { all: true } });
    // Users stand in the chain of no merchant, which is empty before the first.
    const chains = [
      ...(users.length > 0 ? [{ slug: 'of no merchant', id: null }] : []),
      ...merchants,
    ];
    return [
      await checkTransport(url, server.encrypted),
      checkArchive(server.archive),
      checkMerchants(merchants),
      judgeAdmins(users),
      await checkAuditHeads(db, chains, now),
    ];
  } finally {
    await db.destroy();
  }
}

/** @param encrypted what Postgres itself says of the connection that the URL led to */
export async function checkTransport(url: string, encrypted: boolean): Promise<Finding> {
  const part = 'Postgres transport';
  const remedy =
    'Add ?sslmode=verify-full (with &sslrootcert=… for an authority of your own) to ' +
    'TSUKIGIME_DATABASE_URL_APP and DATABASE_URL.';
  const { hostname, searchParams } = new URL(url);
  // A socket in the file system has no host.
  const distance = hostname === '' ? 'machine' : await measureDistance(hostname);
  if (encrypted && distance === 'remote' && !asksForCertificate(searchParams)) {
    return problem(part, 'TLS, but with whoever answers: no certificate is asked for', remedy);
  }
  return judgeTransport(part, { distance, encrypted }, remedy);
}

/** The driver verifies under every sslmode but these; with libpq's rules not under `require` either. */
function asksForCertificate(parameters: URLSearchParams): boolean {
  const mode = parameters.get('sslmode') ?? '';
  if (parameters.get('uselibpqcompat') === 'true') return mode === 'verify-full';
  return mode !== 'no-verify' && parameters.get('ssl') !== 'no-verify';
}

/** Whether backups are made cannot be seen from here; whether WAL is archived can. */
function checkArchive(archive: ServerState['archive']): Finding {
  switch (archive) {
    case 'failing': {
      const remedy = 'Read the log of Postgres: archive_command fails, and pg_wal grows meanwhile.';
      return problem('Backups', 'the newest WAL could not be archived', remedy);
    }
    case 'off':
      return note(
        'Backups',
        'WAL is not archived here',
        'See that a pg_dump runs daily, or use point-in-time recovery, and try a restore (docs/operations.md).',
      );
    case 'on': {
      const remedy = 'Try a restore before you need one (docs/operations.md).';
      return note('Backups', 'WAL is archived', remedy);
    }
  }
}

function checkMerchants(merchants: readonly Merchant[]): Finding {
  const sandboxes = merchants.filter(({ kind }) => kind === 'sandbox').map(({ slug }) => slug);
  if (sandboxes.length > 0) {
    return problem(
      'Merchants',
      `of kind sandbox, with simulated PSPs and a clock of their own: ${sandboxes.join(', ')}`,
      'Give trials a database of their own: a merchant cannot be removed from the record of money.',
    );
  }
  return merchants.length > 0
    ? fine('Merchants', `${merchants.length}, all real`)
    : problem(
        'Merchants',
        'none',
        "npx tsukigime merchant create --merchant my-shop --name 'My Shop' --kind real --paygent-id 12345",
      );
}

function judgeAdmins(users: Awaited<ReturnType<typeof listUsers>>): Finding {
  const admins = users.filter(
    ({ disabledAt, grants }) => disabledAt === null && grants.some(({ role }) => role === 'admin'),
  );
  return admins.length > 0
    ? fine('Administrators', admins.map(({ login }) => login).join(', '))
    : problem(
        'Administrators',
        'nobody can log in to look after users and settings',
        "npx tsukigime users add --login hanako --name '山田 花子' --role admin --all-merchants --generate",
      );
}

/** A worker publishes every chain once a day: the day after at the latest. */
async function checkAuditHeads(
  db: Db,
  chains: readonly { readonly slug: string; readonly id: number | null }[],
  now: string,
): Promise<Finding> {
  const part = 'Audit heads';
  const oldest = businessDateOf(new Date(Date.parse(now) - 86_400_000).toISOString());
  const late: string[] = [];
  for (const { slug, id } of chains) {
    const [head] = await listAuditHeads(db, id, { limit: 1 });
    if (head === undefined || head.day < oldest) late.push(slug);
  }
  return late.length === 0
    ? fine(part, 'published since yesterday')
    : problem(
        part,
        `not published since yesterday: ${late.join(', ')}`,
        'Start a worker: it publishes them at once and daily. Keep its log, or `tsukigime audit heads`, elsewhere.',
      );
}

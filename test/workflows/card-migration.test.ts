import { Worker } from '@temporalio/worker';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import { type LinkerSandbox, startLinkerSandbox } from '../../sandbox/linker/server.ts';
import { createDataConverter } from '../../temporal/client.ts';
import { createLogger } from '../../workers/logger.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import { cardMigrationWorkflowId } from '../../workflows/workflow-ids.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { customerFile, customerLine, type ImportDesk, openImportDesk } from './file-imports.ts';
import {
  awaitLinked,
  linkCards,
  liveCards,
  type MigrationDesk,
  openMigrationDesk,
  passDays,
  type ShownMigration,
} from './migrations.ts';
import { type Month, openMonth, sandboxNow } from './month.ts';
import { readPayloads } from './planted.ts';

/** A shop's cards on their way to Yamato, GMO and ZEUS, over the API and the simulated linker. */
const customers = 6;
const id = (n: number) => `US-${String(n).padStart(8, '0')}`;

let month: Month;
let imports: ImportDesk;
let desk: MigrationDesk;
let linker: LinkerSandbox;
/** Files that came back: what stands in them in secret must be nowhere else. */
const returned: string[] = [];
const logged: string[] = [];

beforeAll(async () => {
  month = await openMonth({
    log: { write: (line) => void logged.push(line) },
    settings: {
      paymentMethods: { cardService: 'YAMATO' },
      cardMigration: { linkFile: { encoding: 'utf-8' } },
    },
    // Short, so that a migration of weeks continues as a new run on its way.
    timing: { maxHistoryEvents: 120 },
  });
  imports = openImportDesk(month);
  desk = openMigrationDesk(month);
  linker = await startLinkerSandbox({});
  linker.feedClock(sandboxNow);
  for (const service of ['YAMATO', 'GMO', 'ZEUS'] as const) {
    await fetch(`${linker.url}/merchants/shop-${service.toLowerCase()}`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ service, encoding: 'utf-8' }),
    });
  }
});
afterAll(async () => {
  await linker?.stop();
  await month?.close();
});

async function link(
  service: 'yamato' | 'gmo' | 'zeus',
  linkFile: string,
  faults: readonly object[] = [],
): Promise<string> {
  const answer = await linkCards(linker, `shop-${service}`, linkFile, faults);
  returned.push(answer);
  return answer;
}

const yamato = { service: 'YAMATO', oldService: '旧カート' };

/** Uploads what came back, and waits for its end. */
async function importReturned(number: number, csv: string): Promise<ShownMigration> {
  const { status, body } = await desk.upload(number, csv);
  expect([200, 202], JSON.stringify(body)).toContain(status);
  return await desk.until(number, 'covering');
}

let right: unknown[];

test('a migration waits for customers, and a rehearsal of it changes nothing', async () => {
  const number = await desk.start({ ...yamato, rehearsal: true });
  expect((await desk.read(number)).state).toContain('対象の顧客がまだいません');
  expect((await desk.act(`/${number}/link-files`)).status).toBe(409);
  await imports.run(
    'customers',
    customerFile(
      Array.from({ length: customers }, (_, n) =>
        customerLine({ 顧客番号: `old-${n + 1}`, 顧客ID: id(n + 1) }),
      ),
    ),
  );
  const answer = await link('yamato', await desk.release(number));
  const before = await countAll();
  const shown = await importReturned(number, answer);
  expect(shown.returnedFiles).toMatchObject([
    { state: 'done', lines: 6, imported: 6, failed: 0, quarantined: 0, importNumber: null },
  ]);
  expect(shown.coverage?.customers).toMatchObject({ linked: 6, covered: 6, uncovered: 0 });
  expect(await countAll()).toEqual(before);
  expect((await desk.act(`/${number}/acceptance`, { uncovered: 0 })).status).toBe(200);
  expect((await desk.read(number)).stage).toBe('accepted');
  expect(await liveCards(month)).toEqual([]);
});

/** What a migration might leave behind; its own tables are no trace. */
async function countAll(): Promise<unknown> {
  const { rows } = await sql`
    select (select count(*) from cards) as cards, (select count(*) from imports) as imports,
           (select count(*) from customer_reviews) as reviews,
           (select count(*) from import_failures) as failures,
           (select count(*) from migration_card_changes) as changes`.execute(month.db);
  return rows[0];
}

test('cancelling brings back exactly the cards from before', async () => {
  const number = await desk.start(yamato);
  expect((await desk.act('', yamato)).status).toBe(409);
  const answer = await link('yamato', await desk.release(number));
  // A card that the PSP returns as well is there already, under another key.
  const [row = ''] = answer.trim().split('\r\n').slice(1);
  const [customer, digits, brand, expiry] = row.split(',');
  const known = ['YAMATO', customer, digits, brand, '', '', '', expiry, 'key-of-before'].join(',');
  await imports.run('cards', `${known}\r\n`);
  const before = await liveCards(month, true);
  expect(before).toHaveLength(1);
  const shown = await importReturned(number, answer);
  expect(shown.returnedFiles[0]).toMatchObject({ lines: 6, imported: 6, state: 'done' });
  right = await liveCards(month);
  expect(right).toHaveLength(6);
  expect((await liveCards(month, true))[0]).not.toEqual(before[0]);
  expect((await desk.act(`/${number}/cancellation`)).status).toBe(200);
  expect(await liveCards(month, true)).toEqual(before);
  expect((await desk.act(`/${number}/cancellation`)).status).toBe(409);
});

test('over forty days, with a wrong file first: it ends as if it had been right at once', async () => {
  const number = await desk.start(yamato);
  const linkFile = await desk.release(number);
  await passDays(month, 40);
  expect((await desk.read(number)).stage).toBe('awaiting_return');
  const { rows: told } = await sql<{ key: string }>`
    select key from notices where kind = 'card_migration' and key like ${`migration:${number}:awaiting%`}
     order by id`.execute(month.db);
  expect(told.map(({ key }) => key.split(':d')[1])).toEqual([
    '1',
    '3',
    '7',
    '14',
    '21',
    '28',
    '35',
  ]);

  const wrong = await link('yamato', linkFile, [
    { kind: 'customer_missing', customerIds: [id(1)] },
    { kind: 'several_cards', customerIds: [id(2)] },
    { kind: 'wrong_row', customerIds: [id(3)] },
    { kind: 'stranger' },
    { kind: 'columns_reordered' },
  ]);
  const shown = await importReturned(number, wrong);
  const [round] = shown.returnedFiles;
  expect(round).toMatchObject({ state: 'done', imported: 5, failed: 1, quarantined: 1, lines: 7 });
  expect(shown.checks.findings).toMatchObject({ several_cards: 1 });
  const { rows } = await desk.get<{ rows: { result: string; customerId: string }[] }>(
    `/card-migrations/${number}/returned-files/1/rows?limit=100`,
  );
  expect(rows).toHaveLength(7);
  expect(rows.find(({ result }) => result === 'failed')?.customerId).toBe(id(3));
  const { customers: uncovered } = await desk.get<{ customers: { customerId: string }[] }>(
    `/card-migrations/${number}/uncovered`,
  );
  expect(uncovered.map((of) => of.customerId)).toContain(id(3));

  const early = await desk.act(`/${number}/acceptance`, { uncovered: uncovered.length });
  expect([early.status, early.body.detail]).toEqual([409, expect.stringContaining('複数枚')]);
  const { customers: several } = await desk.get<{
    customers: { customerId: string; cards: { name: string }[] }[];
  }>(`/card-migrations/${number}/findings`);
  expect(several).toMatchObject([{ customerId: id(2), findings: ['several_cards'] }]);
  const card = several[0]?.cards[1]?.name;
  const key = `decide-${number}-once`;
  const decisions = [{ customerId: id(2), choice: 'default', card }];
  for (const _twice of [1, 2]) {
    expect((await desk.act(`/${number}/decisions`, { decisions }, key)).status).toBe(200);
  }
  expect((await desk.read(number)).checks.findings).toMatchObject({ several_cards: 0 });

  const nobody = await desk.upload(number, wrong.split('\r\n').slice(0, 1).join('\r\n'));
  expect([200, 202, 400, 422]).toContain(nobody.status);
  await desk.until(number, 'covering');
  await importReturned(number, await link('yamato', linkFile));
  expect(await liveCards(month)).toEqual(right);
  const redone = await desk.read(number);
  expect(
    redone.returnedFiles.filter((of) => of.supersededAt === null && of.state === 'done'),
  ).toHaveLength(1);
  expect((await desk.act(`/${number}/acceptance`, { uncovered: 3 })).status).toBe(409);
  expect((await desk.act(`/${number}/acceptance`, { uncovered: 0 })).status).toBe(200);
  expect(await liveCards(month)).toEqual(right);
  expect((await desk.read(number)).state).toContain('完了');
});

test.each(['GMO', 'ZEUS'] as const)('cards come to %s in its own form', async (service) => {
  const shop = service === 'GMO' ? 'gmo' : 'zeus';
  await chooseService(service);
  const number = await desk.start({ service, oldService: 'YAMATO' });
  const answer = service === 'GMO' ? await linkBySftp(number) : await linkByMail(number);
  expect(answer).toContain(id(customers));
  const shown = await importReturned(number, answer);
  expect(shown.returnedFiles[0]).toMatchObject({ lines: 6, imported: 6, failed: 0 });
  const cards = (await liveCards(month)) as { service: string; sequence: string | null }[];
  const own = cards.filter((card) => card.service === service);
  expect(own).toHaveLength(6);
  expect(own.every(({ sequence }) => sequence !== null)).toBe(true);
  expect((await desk.act(`/${number}/acceptance`, { uncovered: 0 })).status).toBe(200);

  /** A machine takes the file to the PSP and says that it did. */
  async function linkBySftp(number: number): Promise<string> {
    await desk.makeLinkFile(number);
    await desk.until(number, 'awaiting_return');
    expect((await desk.read(number)).linkFiles).toMatchObject([{ way: 'sftp' }]);
    return await awaitLinked(linker, `shop-${shop}`);
  }

  /** People are told that it is ready. */
  async function linkByMail(number: number): Promise<string> {
    const linkFile = await desk.release(number);
    const { rows } = await sql<{ text: string }>`
      select text from notices where key = ${`migration:${number}:link:1`}`.execute(month.db);
    expect(rows).toEqual([{ text: expect.stringContaining('ダウンロードして決済会社に渡し') }]);
    return await link(shop, linkFile);
  }
});

/** The target of the next migration, and how its link file travels. */
async function chooseService(cardService: 'GMO' | 'ZEUS'): Promise<void> {
  const current = await findSettings(month.db, month.merchantId);
  if (current === undefined) throw new Error('a merchant has settings');
  const { settings, version } = current;
  const { host, port, user, password, hostKey, dropFolder } = linker.sftpLogin('shop-gmo');
  const secret = { name: 'linker', value: password, now: sandboxNow, actor: 'test' };
  const keys = parseEncryptionKeys(inject('fileKeys'));
  await writeSecret(month.db, month.merchantId, secret, keys);
  const sftp = { host, port, user, folder: dropFolder, secretName: 'linker', hostKeys: [hostKey] };
  const delivery = cardService === 'GMO' ? 'sftp' : 'mail';
  await saveSettings(month.db, month.merchantId, {
    seenVersion: version,
    settings: merchantSettingsSchema.parse({
      ...settings,
      paymentMethods: { ...settings.paymentMethods, cardService },
      cardMigration: { linkFile: { encoding: 'utf-8', delivery, sftp } },
    }),
    actor: 'test',
    reason: 'テスト',
    now: sandboxNow,
  });
}

test('keys stand in no history, no log, no answer and no column; every history replays', async () => {
  const secrets = returned.flatMap((csv) => {
    const [head = '', ...lines] = csv.trim().split('\r\n');
    const at = head.split(',').findIndex((name) => name.includes('認証キー'));
    return at < 0 ? [] : lines.map((line) => line.split(',')[at] ?? '').filter((of) => of !== '');
  });
  expect(secrets.length).toBeGreaterThan(10);
  expect(logged.length).toBeGreaterThan(50);
  // What the SDK says by itself is among it.
  expect(logged.join('\n')).toContain('Worker state changed');
  const heard = [...desk.heard, ...logged].join('\n');
  expect(secrets.filter((secret) => heard.includes(secret))).toEqual([]);

  const { rows: tables } = await sql<{ name: string }>`
    select c.relname as name from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
       and has_table_privilege(c.oid, 'select')`.execute(month.db);
  const pattern = `(${[...new Set(secrets)].join('|')})`;
  for (const { name } of tables) {
    const { rows } = await sql<{ found: number }>`
      select count(*) as found from ${sql.table(name)} t where t::text ~ ${pattern}`.execute(
      month.db,
    );
    expect([name, rows[0]?.found]).toEqual([name, 0]);
  }

  const { code } = await loadWorkflowBundle(
    bundlesDir,
    createLogger({ level: 'silent', name: 'test' }),
  );
  const dataConverter = createDataConverter(month.server.keys);
  const slug = month.day.desk.merchant;
  for (const number of [1, 2, 3, 4, 5]) {
    const workflowId = cardMigrationWorkflowId(slug, number);
    await month.client.workflow.getHandle(workflowId).result();
    const query = `WorkflowId = '${workflowId}'`;
    let runs = 0;
    for await (const { runId } of month.client.workflow.list({ query })) {
      runs += 1;
      const history = await month.client.workflow.getHandle(workflowId, runId).fetchHistory();
      const clear = await readPayloads(history, dataConverter);
      expect(clear).toContain(slug);
      expect(secrets.filter((secret) => clear.includes(secret))).toEqual([]);
      await Worker.runReplayHistory(
        { workflowBundle: { code }, dataConverter },
        history,
        workflowId,
      );
    }
    // Number 3 is the one of forty days.
    if (number === 3) expect(runs).toBeGreaterThan(1);
  }
});

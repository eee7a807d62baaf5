import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { inheritedEnvironment, parseEncryptionKeys, readConfig } from '../../config.ts';
import { registerPreview } from '../../db/queries/preview-record.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { billMonth, type OperatorStep } from '../../sandbox/bill-month.ts';
import { generateOrderExport } from '../../sandbox/shop/order-export.ts';
import { bringUpStack, type Stack } from '../../stack/bring-up.ts';
import { createDataConverter } from '../../temporal/client.ts';
import { mainTaskQueue } from '../../workflows/workflow-ids.ts';
import { header, orderLine } from '../billing/order-rows.ts';
import { readResult } from '../campaign/disturbed-month.ts';
import { runCommand } from '../cli/run-command.ts';
import { makeTemporaryDir } from '../stack/temporary-dir.ts';
import { customerFile, customerLine, openImportDesk } from './file-imports.ts';
import { type Month, openMonth, sandboxNow } from './month.ts';
import { ask, untilCycle, untilExchange } from './month-acts.ts';
import { dumpTables, findPlanted, readFolder, readHistories } from './planted.ts';

/** A real Temporal server whose database is deleted in the middle of a month. */
const billedMonth = '2026-11';
const settings = {
  paygent: { maxRecordsPerFile: 60, exchangesAtOnce: 10 },
  paymentMethods: { cardService: 'YAMATO' as const },
};
const csv = Buffer.concat([
  ...generateOrderExport({ month: billedMonth, orders: 200, seed: 'recover', oddShare: 0.1 }),
]);

let dataDir: string;
let stack: Stack;
let month: Month;
/** All that API and workers said. */
const logged: string[] = [];

beforeAll(async () => {
  dataDir = makeTemporaryDir();
  const { DATABASE_URL: _1, TEMPORAL_ADDRESS: _2, ...environment } = inheritedEnvironment();
  stack = await bringUpStack({
    dataDir,
    config: readConfig({ ...environment, TEMPORAL_NAMESPACE: inject('temporalNamespace') }),
    services: { postgres: false },
    temporalUi: false,
  });
  const temporal = { address: stack.temporalAddress, taskQueue: mainTaskQueue };
  month = await openMonth({ temporal, settings, log: { write: (line) => void logged.push(line) } });
});
afterAll(async () => {
  await month?.close();
  await stack?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** The server is stopped, its state deleted, and comes up again knowing nothing. */
async function deleteTemporalState(): Promise<void> {
  await stack.process('temporal')?.stop();
  const dir = join(dataDir, 'temporal');
  expect(readdirSync(dir)).toContain('temporal.db');
  for (const file of readdirSync(dir)) rmSync(join(dir, file));
  await stack.restart('temporal');
}

async function recover(): Promise<Record<string, string>> {
  const servers = { databaseUrl: month.appDatabaseUrl, temporalAddress: stack.temporalAddress };
  const { code, out, err } = await runCommand(servers, 'recover', '--json');
  expect([code, err]).toEqual([0, '']);
  const { merchants } = JSON.parse(out) as {
    merchants: { workflows: { workflowId: string; found: string }[] }[];
  };
  const workflows = merchants.flatMap((one) => one.workflows);
  return Object.fromEntries(
    workflows.map(({ workflowId, found }) => [
      workflowId.replace(month.day.desk.merchant, 'm'),
      found,
    ]),
  );
}

test('the month comes to the same as one that nothing happened to', async () => {
  const quiet = await openMonth({ settings });
  try {
    const billed = async (of: Month) => {
      await of.begin(billedMonth, csv);
      await billMonth(of.day, billedMonth);
      await untilCycle(of, billedMonth, ({ stage }) => stage === 'closed');
      return await readResult(of);
    };
    const expected = await billed(quiet);
    expect(expected.authFiles.length).toBeGreaterThan(2);

    // Between the upload and its 受付番号, and again while captures are on their way.
    const losses: Record<string, string>[] = [];
    const lose = async (step: OperatorStep, { kind, number }: { kind: string; number: number }) => {
      const at = `${step} ${kind}-${number}`;
      if (at !== 'uploaded auth-2' && at !== 'completed capture-1') return;
      await deleteTemporalState();
      losses.push(await recover());
    };
    const disturbed = { ...month, day: { ...month.day, onStep: lose } };
    expect(await billed(disturbed)).toEqual(expected);

    expect(losses).toHaveLength(2);
    expect(losses[0]).toMatchObject({
      [`cycle:m:${billedMonth}`]: 'started',
      [`exchange:m:${billedMonth}:auth:002`]: 'started',
    });
    // A file that was reconciled before needs nobody.
    expect(losses[0]).not.toHaveProperty(`exchange:m:${billedMonth}:auth:001`);
    expect(losses[1]).toHaveProperty(`exchange:m:${billedMonth}:capture:001`, 'started');
    const { totals } = await month.readLedger();
    expect(totals).toMatchObject({ doubleAuthorizations: 0, repeatedCaptures: 0 });
  } finally {
    await quiet.close();
  }
});

test('what runs is left alone, and what is closed stays so', async () => {
  const december = '2026-12';
  await month.begin(
    december,
    Buffer.concat([
      ...generateOrderExport({ month: december, orders: 5, seed: 'december', oddShare: 0 }),
    ]),
  );
  await untilExchange(month, december, 'auth-1');
  const running = {
    [`cycle:m:${december}`]: 'running',
    [`exchange:m:${december}:auth:001`]: 'running',
  };
  expect(await recover()).toEqual(running);
  expect(await recover()).toEqual(running);
});

test('a dry run whose workflow was lost says what it came to after all', async () => {
  const asked = { month: '2027-03', kind: 'dry_run', fileId: null, requesters: ['test'] } as const;
  await registerPreview(month.db, month.merchantId, { ...asked, requestKey: 'k', now: sandboxNow });
  expect(await recover()).toMatchObject({ 'preview:m:2027-03:001': 'started' });
  await vi.waitFor(
    async () => {
      const { body } = await ask(month, 'GET', '/cycles/2027-03/previews/1');
      expect(body.computedAt ?? body.trouble).toBeTruthy();
    },
    { timeout: 60_000 },
  );
  expect(await recover()).not.toHaveProperty('preview:m:2027-03:001');
});

test('a merchant that is not there is no reason to start anything', async () => {
  const servers = { databaseUrl: month.appDatabaseUrl, temporalAddress: stack.temporalAddress };
  const { code, out, err } = await runCommand(servers, 'recover', '--merchant', 'nobody');
  expect([code, out, err]).toEqual([2, '', 'There is no merchant nobody.\n']);
});

test('planted names and keys stand where they belong and nowhere else', async () => {
  const word = () => randomBytes(9).toString('hex');
  const personal = {
    name: `見本 ${word()}`,
    street: `町 ${word()}`,
    mail: `${word()}@planted.example.jp`,
    phone: `0985${String(randomBytes(4).readUInt32BE()).padStart(10, '0').slice(-6)}`,
    orderName: `顧客 ${word()}`,
    orderMail: `${word()}@orders.example.jp`,
    brokenYen: `壊れた金額 ${word()}`,
    holder: `HOLDER ${word().toUpperCase()}`,
  };
  const secrets = { cardKey: `key-${word()}`, secret: `secret-${word()}` };
  const fileKeys = parseEncryptionKeys(inject('fileKeys'));
  const payloadKeys = parseEncryptionKeys(inject('payloadKeys'));
  const keys = [...fileKeys, ...payloadKeys].map(({ bytes }) => bytes);

  const imports = openImportDesk(month);
  const { name: 氏名, street: 町名番地, mail: メールアドレス, phone: 電話番号 } = personal;
  const customer = { 顧客ID: 'US-00000001', 氏名, 町名番地, メールアドレス, 電話番号 };
  const lines = [
    customerLine({ 顧客番号: 'p-1', ...customer }),
    // A row that fails: its remarks must not repeat it.
    customerLine({ 顧客番号: 'p-2', 氏名, 郵便番号: メールアドレス, 顧客タイプ: 氏名 }),
  ];
  expect(await imports.run('customers', customerFile(lines))).toMatchObject({
    ...{ imported: 1, failed: 1 },
  });
  const { holder } = personal;
  const card = `YAMATO,US-00000001,010,JCB,${holder},,,3012,${secrets.cardKey}`;
  const badCard = `YAMATO,US-00000001,010,${holder},${holder},,,9999,${secrets.cardKey}`;
  expect(await imports.run('cards', [card, badCard].join('\r\n'))).toMatchObject({
    ...{ imported: 1, failed: 1 },
  });
  const secret = { name: 'planted', value: secrets.secret, now: sandboxNow, actor: 'test' };
  await writeSecret(month.db, month.merchantId, secret, fileKeys);
  const planted = { 顧客名: personal.orderName, メールアドレス: personal.orderMail };
  const orders = [
    header,
    orderLine({ 注文番号: 'p-1', 顧客番号: 'p-1', ...planted }),
    orderLine({ 注文番号: 'p-2', 顧客番号: 'p-2', 購入金額: personal.brokenYen, ...planted }),
  ];
  await month.begin('2027-01', Buffer.from(orders.join('\r\n')));
  await untilExchange(month, '2027-01', 'auth-1');
  const answers: string[] = [];
  const orderMail = encodeURIComponent(personal.orderMail);
  for (const [method, path, body] of [
    ['GET', `/customers?name=${encodeURIComponent(personal.name)}&nobody=${orderMail}`, undefined],
    ['POST', `/imports/${orderMail}/start`, { reason: personal.name, secret: secrets.secret }],
    ['PUT', `/cycles/${orderMail}/order-export`, { sha256: personal.mail }],
    ['GET', '/imports/1/errors', undefined],
    ['GET', '/imports/2/errors', undefined],
    ['GET', '/notices', undefined],
  ] as const) {
    const { status, body: answer } = await ask(month, method, path, body);
    answers.push(`${status} ${JSON.stringify(answer)}`);
  }
  const { apiUrl, token } = month.day.desk;
  const headers = { authorization: `Bearer ${token}` };
  const metrics = await (await fetch(`${apiUrl}/metrics`, { headers })).text();
  expect(metrics).toContain(`tsukigime_cycles{merchant="${month.day.desk.merchant}"`);
  answers.push(metrics);

  const merchant = month.day.desk.merchant;
  const converter = createDataConverter(payloadKeys);
  const temporal = readFolder(join(dataDir, 'temporal'));
  const histories = await readHistories(month.client, `Merchant = '${merchant}'`, converter);
  const tables = await dumpTables(month.db);
  const audit = await month.db.selectFrom('audit_entries').select('entry').execute();
  const all = [...Object.values(personal), ...Object.values(secrets)];
  const nowhere = {
    'Temporal’s database': temporal,
    'what its histories hold, opened': histories,
    'the logs of API and workers': logged.join('\n'),
    'the audit': JSON.stringify(audit),
    'answers, errors and metrics': answers.join('\n'),
  };
  for (const [where, heap] of Object.entries(nowhere)) {
    expect([where, findPlanted(all, heap)]).toEqual([where, []]);
    for (const bytes of keys)
      expect(heap.includes(Buffer.from(bytes).toString('base64'))).toBe(false);
  }
  expect(findPlanted(Object.values(secrets), tables)).toEqual([]);

  // Each search finds what does stand there.
  const { name, street, mail, phone, orderName, orderMail: asOrdered } = personal;
  const kept = [name, street, mail, phone, orderName, asOrdered, personal.holder];
  expect(findPlanted(kept, tables)).toEqual(kept);
  expect(findPlanted([`cycle:${merchant}:2027-01`], temporal)).toHaveLength(1);
  expect(findPlanted([merchant, '2027-01'], histories)).toHaveLength(2);
  expect(logged.length).toBeGreaterThan(50);
  // What the SDK says by itself is among it.
  expect(logged.join('\n')).toContain('Worker state changed');
  expect(answers[0]).toMatch(/^422 /);
});

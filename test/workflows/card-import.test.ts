import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { saveSettings } from '../../db/queries/settings.ts';
import { cardKeyPlace, openSecret } from '../../db/secret-cipher.ts';
import { cardLikeNumber } from '../db/card-like-number.ts';
import {
  customerFile,
  customerLine,
  fixtureFile,
  type ImportDesk,
  openImportDesk,
} from './file-imports.ts';
import { type Month, openMonth } from './month.ts';

let month: Month;
let desk: ImportDesk;

beforeAll(async () => {
  month = await openMonth({ settings: { paymentMethods: { cardService: 'YAMATO' } } });
  desk = openImportDesk(month);
  await desk.run(
    'customers',
    customerFile([
      customerLine({ 顧客番号: '1', 顧客ID: 'US-00010000' }),
      customerLine({ 顧客番号: '2', 顧客ID: 'US-00010001' }),
    ]),
  );
});
afterAll(() => month.close());

describe('cards', () => {
  test('come in with their flags; the key is encrypted and never shown', async () => {
    const done = await desk.run('cards', fixtureFile('cards-yamato.csv'));
    expect(done).toMatchObject({ rows: 14, imported: 2, failed: 12, warned: 2 });
    const golden = fixtureFile('cards-yamato.txt').toString();
    for (const { line, remarks } of await desk.errors(done.number)) {
      expect(golden).toContain(`${line}:\n  [${remarks[0]?.column}] ${remarks[0]?.text}`);
    }
    const customer = await desk.read<{ toReview: boolean; storedCards: object[] }>(
      '/customers/US-00010000',
    );
    expect(customer.toReview).toBe(true);
    expect(customer.storedCards).toMatchObject([
      { lastDigits: '010', expiry: '2030-12', brand: 'DINERS', hasAuthKey: true },
      { lastDigits: '011', sequence: '0', hasAuthKey: true },
    ]);
    expect(JSON.stringify(customer)).not.toContain('key-0');
    const { rows } = await sql<{
      service: string;
      identity: string;
      keyId: string;
      iv: Buffer;
      data: Buffer;
    }>`select service, identity, auth_key_id as "keyId", auth_key_iv as iv, auth_key_data as data
         from cards where merchant_id = ${month.merchantId}`.execute(month.db);
    const keys = parseEncryptionKeys(inject('fileKeys'));
    for (const card of rows) {
      expect(openSecret(card, cardKeyPlace(month.merchantId, card), keys)).toBe('key-0');
    }
  });

  test('the same file again changes no count; a reviewed customer stays reviewed', async () => {
    expect((await desk.act('/customers/US-00010000/review', { reason: '確認済み' })).status).toBe(
      204,
    );
    await desk.run('cards', fixtureFile('cards-yamato.csv'));
    const customer = await desk.read<{ cards: number; toReview: boolean }>(
      '/customers/US-00010000',
    );
    expect(customer).toMatchObject({ cards: 2, toReview: false });
  });

  test('the failed rows, mended, come in', async () => {
    const failed = await (await desk.call('/imports/2/failed-rows')).text();
    const [header, ...rows] = failed.trimEnd().split('\r\n');
    const mended = rows.map(
      (_, index) => `YAMATO,US-00010001,${100 + index},JCB,,,,3105,mended-key,${index},済`,
    );
    expect(await desk.run('cards', [header, ...mended].join('\r\n'))).toMatchObject({
      imported: 12,
      failed: 0,
    });
    const { cards } = await desk.read<{ cards: number }>('/customers/US-00010001');
    expect(cards).toBe(12);
  });

  test('a file whose years and months seem exchanged gets a remark', async () => {
    const rows = [1, 2, 3].map((n) => `YAMATO,US-00010001,20${n},JCB,,,,0531,key`);
    const done = await desk.run('cards', rows.join('\n'));
    expect(done).toMatchObject({ imported: 0, failed: 3 });
    expect(done.remarks).toEqual([expect.stringContaining('MMYY')]);
  });

  test.each([
    ['unused', { availability: 'unused' }, '利用しない'],
    ['provisional', { provisional: true }, '審査完了前'],
  ] as const)(
    'with the service %s nothing is imported, and it is said why',
    async (_, method, said) => {
      const settings = merchantSettingsSchema.parse({
        paygent: { merchantId: '10001' },
        paymentMethods: { cardService: 'YAMATO', services: { YAMATO: method } },
      });
      await changeSettings(settings);
      const done = await desk.run('cards', fixtureFile('cards-yamato.csv'));
      expect(done).toMatchObject({ stage: 'refused', rows: 0, imported: 0 });
      expect(done.trouble).toContain(said);
      expect(done.trouble).toContain('何も取り込んでいません');
    },
  );
});

describe('a held upload', () => {
  const held = () =>
    desk.upload('customers', customerFile([customerLine({ 顧客番号: 'h' })]), { held: true });

  test('waits for its start, and is imported then', async () => {
    const { number } = await held();
    expect(await desk.read(`/imports/${number}`)).toMatchObject({ stage: 'uploaded', rows: 0 });
    expect((await desk.act(`/imports/${number}/start`)).status).toBe(200);
    expect(await desk.ended(number)).toMatchObject({ stage: 'done', imported: 1 });
    expect((await desk.act(`/imports/${number}/cancellation`)).status).toBe(409);
  });

  test('is deleted, and nothing of it is imported', async () => {
    const { number } = await held();
    expect((await desk.act(`/imports/${number}/cancellation`, { reason: 'やり直し' })).status).toBe(
      200,
    );
    expect(await desk.ended(number)).toMatchObject({ stage: 'cancelled', imported: 0 });
    expect((await desk.act(`/imports/${number}/start`)).status).toBe(409);
  });

  test('one request sent twice is one import; the key serves no other file', async () => {
    const key = randomUUID();
    const file = customerFile([customerLine({ 顧客番号: 'twice' })]);
    const first = await desk.upload('customers', file, { key });
    const again = await desk.upload('customers', file, { key });
    expect(again.number).toBe(first.number);
    await desk.ended(first.number);
    const other = desk.upload('customers', customerFile([customerLine({ 顧客番号: 'other' })]), {
      key,
    });
    await expect(other).rejects.toThrow('409');
  });
});

describe('what is no such file', () => {
  const upload = async (kind: string, content: Uint8Array) => {
    const response = await desk.call(`/imports?kind=${kind}&name=x.csv`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/csv', 'Idempotency-Key': randomUUID() },
      body: content as Uint8Array<ArrayBuffer>,
    });
    const problem = (await response.json()) as { type: string; detail: string; errors: unknown };
    return { status: response.status, slug: problem.type.split(':').pop(), problem };
  };
  const storedFiles = async () => {
    const { rows } = await sql<{ files: number }>`select count(*) as files from files`.execute(
      month.db,
    );
    return rows[0]?.files;
  };

  test.each<[string, () => Uint8Array]>([
    ['10 MB of random bytes', () => crypto.getRandomValues(new Uint8Array(65_536)).slice()],
    ['a workbook or a ZIP', () => Buffer.from(`504b0304${'14000600'.repeat(500)}`, 'hex')],
    ['an old workbook', () => Buffer.from(`d0cf11e0a1b11ae1${'00'.repeat(600)}`, 'hex')],
    ['nothing', () => Buffer.alloc(0)],
    ['a line of 200 MB', () => Buffer.alloc(200 * 1024 * 1024, 'a')],
  ])('%s: refused with one sentence, nothing is stored', async (name, make) => {
    const piece = make();
    const content =
      name === '10 MB of random bytes'
        ? Buffer.concat(Array.from({ length: 160 }, () => make()))
        : piece;
    const before = await storedFiles();
    const { status, slug, problem } = await upload('customers', content);
    expect({ status, slug }).toEqual({ status: 422, slug: 'file-unusable' });
    expect(problem.detail).toContain('ファイルは保存していません');
    expect(await storedFiles()).toBe(before);
  });

  test.each([
    ['customers', 'ファイルは保存していません'],
    ['cards', 'ファイルは保存していません'],
  ] as const)('a form with 20 MB of random bytes as %s is answered, too', async (kind, said) => {
    const piece = crypto.getRandomValues(new Uint8Array(65_536));
    const content = Buffer.concat(Array.from({ length: 320 }, () => piece));
    await expect(desk.upload(kind, content)).rejects.toThrow(said);
  });

  test('a form without a file, with two, or cut off, imports nothing', async () => {
    const count = async () => (await desk.read<{ total: number }>('/imports')).total;
    const before = await count();
    const send = async (body: FormData | string, headers: Record<string, string> = {}) => {
      const init = {
        method: 'POST',
        body,
        headers: { 'Idempotency-Key': randomUUID(), ...headers },
      };
      return (await desk.call('/imports?kind=customers', init)).status;
    };
    const file = () => new Blob([customerFile([customerLine({ 顧客番号: 'f' })])]);
    const none = new FormData();
    none.append('note', 'x');
    expect(await send(none)).toBe(400);
    const two = new FormData();
    two.append('a', file(), 'a.csv');
    two.append('b', file(), 'b.csv');
    expect(await send(two)).toBe(400);
    const cut = `--x\r\nContent-Disposition: form-data; name="f"; filename="f.csv"\r\n\r\n${customerFile([])}`;
    expect(await send(cut, { 'Content-Type': 'multipart/form-data; boundary=x' })).toBe(400);
    expect(await count()).toBe(before);
  });

  test('a card number: its place is named, not its digits, and the refusal is audited', async () => {
    const number = cardLikeNumber();
    const file = customerFile([customerLine({ 顧客番号: '1', 建物名: number })]);
    const { status, slug, problem } = await upload('customers', Buffer.from(file));
    expect({ status, slug }).toEqual({ status: 422, slug: 'card-number-found' });
    expect(problem.errors).toMatchObject([
      { path: 'line 2, column 建物名', message: 'looks like a card number' },
    ]);
    expect(JSON.stringify(problem)).not.toContain(number);
    const { rows } = await sql<{ entry: string }>`
      select entry from audit_entries where chain_id = ${month.merchantId} order by n desc limit 1`.execute(
      month.db,
    );
    expect(rows[0]?.entry).toContain('file.refused');
    expect(rows[0]?.entry).not.toContain(number);
  });
});

async function changeSettings(settings: ReturnType<typeof merchantSettingsSchema.parse>) {
  const { rows } = await sql<{ version: number }>`
    select max(version) as version from merchant_settings where merchant_id = ${month.merchantId}`.execute(
    month.db,
  );
  await saveSettings(month.db, month.merchantId, {
    seenVersion: rows[0]?.version ?? 0,
    settings,
    actor: 'test',
    reason: 'test',
    now: '2026-11-20T02:00:00.000Z',
  });
}

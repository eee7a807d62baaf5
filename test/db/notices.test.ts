import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { postMail } from '../../db/queries/mail-outbox.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import {
  countUnreadNotices,
  listNotices,
  markNoticesRead,
  notifyOperators,
  postNotice,
} from '../../db/queries/notices.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

const now = '2026-11-22T00:00:00.000Z';
const page = { actor: 'reader', unreadOnly: false, before: null, limit: 10 };

let database: TestDatabase;
let db: Db;
let withMail: number;
let withoutMail: number;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl);
  const add = async (slug: string, operatorMail: object) =>
    (
      await createMerchant(db, {
        slug,
        name: slug,
        kind: 'sandbox',
        settings: merchantSettingsSchema.parse({ operatorMail }),
        actor: 'test',
        now,
      })
    ).id;
  withMail = await add('with-mail', { to: ['first@example.jp'], cc: ['second@example.jp'] });
  withoutMail = await add('without-mail', {});
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const numbered = (n: number) => ({
  key: `notice:${n}`,
  kind: 'attention',
  subject: `お知らせ ${n}`,
  text: '確認してください。',
  now,
});
const attention = { month: '2026-11', sentence: '対応してください。' };
const readOutbox = (merchantId: number) =>
  db
    .selectFrom('mail_outbox')
    .selectAll()
    .where('merchant_id', '=', merchantId)
    .orderBy('id')
    .execute();

describe('notices', () => {
  test('are posted once, listed newest first page by page, and read by each reader alone', async () => {
    for (const n of [1, 2, 3]) {
      expect(await postNotice(db, withoutMail, numbered(n))).toBe(true);
    }
    expect(await postNotice(db, withoutMail, { ...numbered(2), text: '別の文' })).toBe(false);

    const first = await listNotices(db, withoutMail, { ...page, limit: 2 });
    expect(first.map(({ key, readAt }) => [key, readAt])).toEqual([
      ['notice:3', null],
      ['notice:2', null],
    ]);
    expect(first[1]?.text).toBe('確認してください。');
    const rest = await listNotices(db, withoutMail, { ...page, before: 'notice:2' });
    expect(rest.map(({ key }) => key)).toEqual(['notice:1']);

    const reading = { actor: 'reader', now, keys: ['notice:3', 'no-such-notice'] };
    await markNoticesRead(db, withoutMail, reading);
    await markNoticesRead(db, withoutMail, reading);
    const unread = await listNotices(db, withoutMail, { ...page, unreadOnly: true });
    expect(unread.map(({ key }) => key)).toEqual(['notice:2', 'notice:1']);
    expect(await countUnreadNotices(db, withoutMail, 'reader')).toBe(2);
    expect(await countUnreadNotices(db, withoutMail, 'another')).toBe(3);
    expect(await listNotices(db, withMail, page)).toEqual([]);

    await markNoticesRead(db, withoutMail, { actor: 'another', now, keys: null });
    expect(await countUnreadNotices(db, withoutMail, 'another')).toBe(0);
  });

  test('refuse a key that could hold anything', async () => {
    const posted = postNotice(db, withoutMail, { ...numbered(9), key: '山田 太郎' });
    await expect(posted).rejects.toThrow('notice key');
  });
});

describe('telling operators', () => {
  const about = { key: 'attention:1', template: 'attention', parameters: attention, now } as const;

  test('is a notice and a mail to those whom the settings name, once', async () => {
    expect(await notifyOperators(db, withMail, about)).toEqual({ mailPosted: true });
    expect(await notifyOperators(db, withMail, about)).toEqual({ mailPosted: false });
    expect(await listNotices(db, withMail, page)).toMatchObject([
      { key: 'attention:1', kind: 'attention', text: '対応してください。', link: 'cycles/2026-11' },
    ]);
    expect(await readOutbox(withMail)).toMatchObject([
      {
        key: 'attention:1',
        recipients: ['first@example.jp'],
        cc: ['second@example.jp'],
        state: 'waiting',
        next_due_at: now,
        parameters: attention,
      },
    ]);
  });

  test('is a notice alone where no address is set', async () => {
    expect(await notifyOperators(db, withoutMail, about)).toEqual({ mailPosted: false });
    expect((await listNotices(db, withoutMail, page))[0]?.key).toBe('attention:1');
    expect(await readOutbox(withoutMail)).toEqual([]);
  });

  test('is all or nothing with the transaction it stands in', async () => {
    const broken = db.transaction().execute(async (trx) => {
      await notifyOperators(trx, withMail, { ...about, key: 'attention:2' });
      throw new Error('the occasion did not happen');
    });
    await expect(broken).rejects.toThrow('did not happen');
    expect(await readOutbox(withMail)).toHaveLength(1);
    expect(await listNotices(db, withMail, page)).toHaveLength(1);
  });
});

test('a mail is posted once, and its Message-ID stays', async () => {
  const mail = {
    key: 'later',
    template: 'attention',
    recipients: ['third@example.jp'],
    parameters: attention,
    dueAt: '2026-12-01T00:00:00.000Z',
    now,
  } as const;
  expect(await postMail(db, withoutMail, mail)).toBe(true);
  const [first] = await readOutbox(withoutMail);
  expect(await postMail(db, withoutMail, { ...mail, dueAt: now })).toBe(false);
  expect(await readOutbox(withoutMail)).toEqual([first]);
  expect(first?.message_id).toMatch(/^<[0-9a-f-]{36}@mail\.tsukigime>$/);
  expect(first?.next_due_at).toBe('2026-12-01T00:00:00.000Z');
});

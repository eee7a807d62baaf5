import { afterAll, beforeAll, expect, test } from 'vitest';
import { shiftBillingMonth } from '../../billing/billing-month.ts';
import type { RefreshSftp } from '../../billing/card-refresh-settings.ts';
import { openRefreshMonths, type RefreshMonths, shopId } from './refresh-months.ts';

let shop: RefreshMonths;

beforeAll(async () => {
  shop = await openRefreshMonths({ rules: [{ verdict: '0', renewal: 'none' }] });
  // Three cards that expire in each month but the last.
  for (let index = 0; index < 7; index += 1) {
    for (const n of [1, 2, 3]) {
      await shop.addCard(index * 3 + n, shiftBillingMonth('2026-12', index));
    }
  }
  await shop.to('2026-12-01T01:00:00.000Z');
});
afterAll(() => shop.close());

/** What people were told of a month that is no success. */
async function alarmsOf(month: string): Promise<string[]> {
  const told = await shop.notices();
  return told.filter((text) => text.startsWith(`${month} のカード洗替に確認が必要です`));
}

const requestsOf = (month: string) =>
  shop.gmo.ledgerOf(shopId).requests.filter((request) => request.month === month);

test('a login that is refused on the day leaves the month not run; mended, it is run again', async () => {
  shop.gmo.sftpFaults.refusedLogins = 100;
  await shop.ask('2026-12');
  const refused = await shop.read('2026-12');
  expect(refused).toMatchObject({ stage: 'not_run', attention: true });
  expect(refused.note).toContain('ログインが拒否されました');
  expect((await alarmsOf('2026-12')).join()).toContain('洗替は実施していません');

  shop.gmo.sftpFaults.refusedLogins = 0;
  await shop.act('/card-refreshes/2026-12/run', { reason: 'パスワードを直しました' });
  await shop.to('2026-12-01T01:20:00.000Z');
  expect(await shop.read('2026-12')).toMatchObject({ stage: 'awaiting_result', first: true });
});

test('a result that stands there half-written changes nothing that the whole one does not say', async () => {
  shop.gmo.order({ shopId, fault: { kind: 'half_written', keep: 0.5, minutes: 300 } });
  await shop.to('2026-12-26T16:00:00.000Z');
  const half = await shop.read('2026-12');
  expect(half).toMatchObject({ stage: 'awaiting_result', attention: true });
  await shop.to('2026-12-27T12:00:00.000Z');
  const whole = await shop.read('2026-12');
  expect(whole, whole.waitsFor).toMatchObject({ stage: 'done' });
  expect(whole.counts).toMatchObject({ targets: 21, missing: 0, quarantined: 0 });
});

test('a changed host key is told days ahead, and nothing is said to that machine', async () => {
  const hostKey = shop.gmo.changeHostKey();
  await shop.to('2026-12-28T01:00:00.000Z');
  await shop.start('2027-01');
  await shop.to('2026-12-28T01:10:00.000Z');
  expect(await shop.read('2027-01')).toMatchObject({ stage: 'planned', attention: true });
  expect((await alarmsOf('2027-01')).join()).toContain('事前確認に失敗しました');
  await shop.to('2027-01-02T01:00:00.000Z');
  const refused = await shop.read('2027-01');
  expect(refused).toMatchObject({ stage: 'not_run', attention: true });
  expect(refused.note).toContain('ホスト鍵が登録と異なります');
  expect(requestsOf('2027-01')).toEqual([]);

  const { sftp } = (await readSettings()).cardRefresh;
  await shop.changeSettings({ sftp: { ...sftp, hostKeys: [hostKey] } });
  const tested = await shop.act('/card-refresh-connection/test', {});
  expect(await tested.json()).toMatchObject({ works: true });
});

test('a sending that was cut after the rename is asked for, and not sent again', async () => {
  await shop.to('2027-02-01T01:00:00.000Z');
  shop.gmo.sftpFaults.cutAfterRename = true;
  await shop.ask('2027-02');
  expect(await shop.read('2027-02')).toMatchObject({ stage: 'unknown', attention: true });
  shop.gmo.sftpFaults.cutAfterRename = false;
  await shop.to('2027-02-01T03:00:00.000Z');
  expect(await shop.read('2027-02')).toMatchObject({ stage: 'awaiting_result', attention: false });
  expect(requestsOf('2027-02')).toHaveLength(1);
});

test('a result that is late is told after the days that are normal, and taken when it comes', async () => {
  shop.gmo.order({ shopId, fault: { kind: 'late', days: 2 } });
  // A name that was changed meanwhile is for the next request.
  const { sftp } = (await readSettings()).cardRefresh;
  await shop.changeSettings({ sftp: { ...sftp, requestName: 'other-{month}.csv' } });
  await shop.to('2027-02-27T14:00:00.000Z');
  expect(await alarmsOf('2027-02')).toHaveLength(1);
  await shop.to('2027-02-27T20:00:00.000Z');
  expect((await alarmsOf('2027-02')).at(-1)).toContain('届いていません');
  await shop.to('2027-03-01T20:00:00.000Z');
  expect(await shop.read('2027-02')).toMatchObject({ stage: 'done', attention: false });
  await shop.changeSettings({ sftp });
});

test('an upload that was cut is sent again; the result of another month is refused', async () => {
  shop.gmo.sftpFaults.cutUploadAfterBytes = 40;
  await shop.start('2027-03');
  await shop.to('2027-03-01T20:00:30.000Z');
  expect(await shop.read('2027-03')).toMatchObject({ stage: 'built' });
  shop.gmo.sftpFaults.cutUploadAfterBytes = null;
  await shop.to('2027-03-01T20:05:00.000Z');
  shop.gmo.order({ shopId, fault: { kind: 'other_month', minutes: 300 } });
  await shop.to('2027-03-26T16:00:00.000Z');
  expect(requestsOf('2027-03')).toHaveLength(1);
  expect(await shop.read('2027-03')).toMatchObject({ stage: 'awaiting_result', attention: true });
  expect((await alarmsOf('2027-03')).at(-1)).toContain('取り込めませんでした');
  await shop.to('2027-03-27T12:00:00.000Z');
  expect(await shop.read('2027-03')).toMatchObject({ stage: 'done', resultFiles: 1 });
});

test('a download that breaks off takes nothing; doubled and missing rows are told; the corrected file settles the rest', async () => {
  await shop.to('2027-04-01T01:00:00.000Z');
  await shop.ask('2027-04');
  shop.gmo.order({ shopId, fault: { kind: 'rows_missing', count: 2, minutes: 300 } });
  shop.gmo.order({ shopId, fault: { kind: 'rows_doubled', count: 1 } });
  shop.gmo.sftpFaults.cutDownloadAfterBytes = 40;
  await shop.to('2027-04-26T16:00:00.000Z');
  const cut = await shop.read('2027-04');
  expect(cut).toMatchObject({ stage: 'awaiting_result', resultFiles: 0 });
  expect(cut.note).toMatch(/./);
  shop.gmo.sftpFaults.cutDownloadAfterBytes = null;
  await shop.to('2027-04-26T19:00:00.000Z');
  const incomplete = await shop.read('2027-04');
  expect(incomplete).toMatchObject({ stage: 'awaiting_result', attention: true });
  expect(incomplete.counts).toMatchObject({ targets: 6, missing: 2 });
  expect((await alarmsOf('2027-04')).at(-1)).toContain('結果のないカードが 2 件');
  await shop.to('2027-04-27T02:00:00.000Z');
  const settled = await shop.read('2027-04');
  expect(settled).toMatchObject({ stage: 'done', attention: true, resultFiles: 2 });
  expect(settled.counts).toMatchObject({
    lines: 7,
    merged: 6,
    quarantined: 1,
    missing: 0,
    news: 2,
  });
  expect((await alarmsOf('2027-04')).at(-1)).toContain('隔離しました');
});

test('a result that never comes is ended by a person, who may still bring it', async () => {
  await shop.to('2027-05-01T01:00:00.000Z');
  await shop.ask('2027-05');
  shop.gmo.order({ shopId, fault: { kind: 'never' } });
  // Told long before the result counts as late: somebody has changed the login.
  shop.gmo.sftpFaults.refusedLogins = 100;
  await shop.to('2027-05-26T19:00:00.000Z');
  expect((await alarmsOf('2027-05')).at(-1)).toContain('ログインが拒否されました');
  expect(await shop.read('2027-05')).toMatchObject({ stage: 'awaiting_result', attention: true });
  shop.gmo.sftpFaults.refusedLogins = 0;
  await shop.to('2027-05-29T01:00:00.000Z');
  expect((await alarmsOf('2027-05')).at(-1)).toContain('届いていません');
  await shop.act('/card-refreshes/2027-05/close', { reason: 'GMOに確認しました' });
  expect(await shop.read('2027-05')).toMatchObject({ stage: 'done', resultFiles: 0 });

  const name = encodeURIComponent('result.csv');
  const upload = await shop.call(`/files?kind=refresh-result&name=${name}`, {
    method: 'POST',
    headers: { 'Content-Type': 'text/csv' },
    body: await resultByHand('2027-05'),
  });
  const { sha256 } = (await upload.json()) as { sha256: string };
  await shop.act('/card-refreshes/2027-05/result', { sha256 });
  const brought = await shop.read('2027-05');
  expect(brought).toMatchObject({ stage: 'done', resultFiles: 1 });
  expect(brought.counts).toMatchObject({ targets: 6, missing: 0 });
});

test('a worker killed between a merge and what follows from it: the next look ends the month', async () => {
  const { db, merchantId } = shop.month;
  // Later than now: else the machine may be faster than the person below.
  const due_at = '2027-07-01T00:00:00.000Z';
  const cut = { stage: 'awaiting_result', closed_at: null, due_at } as const;
  await db
    .updateTable('card_refreshes')
    .set(cut)
    .where('merchant_id', '=', merchantId)
    .where('month', '=', '2027-04')
    .execute();
  await shop.act('/card-refreshes/2027-04/run', { reason: '結果を確認します' });
  const stage = async () => (await shop.read('2027-04')).stage;
  await expect.poll(stage, { timeout: 60_000 }).toBe('done');
  expect(await shop.read('2027-04')).toMatchObject({ resultFiles: 2, attention: true });
});

/** What GMO would have said: every card of the request is valid. */
async function resultByHand(month: string): Promise<string> {
  const response = await shop.call(`/card-refreshes/${month}/request`);
  const lines = (await response.text()).trimEnd().split('\r\n');
  return lines.map((line) => `${line},"","","","0","","","","","",""\r\n`).join('');
}

interface StoredSettings {
  readonly cardRefresh: { readonly sftp: RefreshSftp };
}

async function readSettings(): Promise<StoredSettings> {
  const response = await shop.call('/settings');
  return ((await response.json()) as { settings: StoredSettings }).settings;
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { putFile, readUnchanged } from '../../outside/file-drop.ts';
import { openSftp } from '../../outside/sftp.ts';
import { type GmoSandbox, startGmoSandbox } from '../../sandbox/gmo/server.ts';
import type { GmoLogin } from '../../sandbox/gmo/sftp-front.ts';

const requestDay = '2026-11-30T20:00:00.000Z';
/** 27 December 2026, 0:00 in Japan. */
const resultDay = '2026-12-26T15:00:00.000Z';

async function startGmo() {
  const dataDir = await mkdtemp(join(tmpdir(), 'tsukigime-gmo-'));
  const gmo = await startGmoSandbox({ dataDir });
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (!stopped) await gmo.stop();
    stopped = true;
  };
  onTestFinished(async () => {
    await stop();
    await rm(dataDir, { recursive: true });
  });
  gmo.feedClock(requestDay);
  return { gmo, dataDir, stop };
}

async function within<Answer>(
  login: GmoLogin,
  folder: string,
  act: (drop: Awaited<ReturnType<typeof openSftp>>) => Promise<Answer>,
): Promise<Answer> {
  const drop = await openSftp({
    ...{ host: login.host, port: login.port, user: login.user, folder },
    hostKeys: [login.hostKey],
    credential: { password: login.password },
    caller: { kind: 'sandbox', allowedHosts: [] },
  });
  try {
    return await act(drop);
  } finally {
    await drop.close();
  }
}

function requestOf(...members: readonly string[]): Buffer {
  const lines = members.map((member, index) => `"${member}","0","202612-${index + 1}"\r\n`);
  return Buffer.from(lines.join(''));
}

async function put(login: GmoLogin, name: string, bytes: Buffer): Promise<void> {
  await within(login, login.requestFolder, (drop) =>
    putFile(
      drop,
      name,
      (async function* () {
        yield bytes;
      })(),
    ),
  );
}

async function readResult(login: GmoLogin, name: string): Promise<string[][] | null> {
  return await within(login, login.resultFolder, async (drop) => {
    const seen = await drop.stat(name);
    if (seen === undefined) return null;
    const pieces: Uint8Array[] = [];
    for await (const piece of readUnchanged(drop, seen)) pieces.push(piece);
    const text = Buffer.concat(pieces).toString('latin1');
    return text
      .split('\r\n')
      .filter(Boolean)
      .map((line) => line.slice(1, -1).split('","'));
  });
}

const resultName = 'refresh-202612-result.csv';
const plain = { shares: { ng: 0, mismatch: 0, inputError: 0 }, renewedShare: 0 };

test('a request is answered on the 27th at 0:00 in Japan, by rules and by the seed', async () => {
  const { gmo } = await startGmo();
  const login = gmo.register({
    ...{ shopId: 'shop-1', ...plain },
    rules: [
      { member: '-NG$', verdict: '1' },
      { member: '-MISS$', verdict: '2' },
      { member: '-RENEWED$', renewal: 'number', newExpiry: '2031-04' },
    ],
  });
  const bytes = requestOf('US-1', 'US-2-NG', 'US-3-MISS', 'US-4-RENEWED');
  await put(login, 'refresh-202612.csv', Buffer.concat([bytes, Buffer.from('US-5,x\r\n')]));

  gmo.feedClock('2026-12-26T14:59:59.999Z');
  expect(await readResult(login, resultName)).toBeNull();
  gmo.feedClock(resultDay);
  const rows = await readResult(login, resultName);
  expect(rows?.map((row) => row.length)).toEqual([13, 13, 13, 13, 13]);
  expect(rows?.map((row) => [row[0], row[2], row[7]?.slice(0, 12), row[8], row[6]])).toEqual([
    ['US-1', '202612-1', '', '', '0'],
    ['US-2-NG', '202612-2', '', '', '1'],
    ['US-3-MISS', '202612-3', '', '', '2'],
    ['US-4-RENEWED', '202612-4', '*'.repeat(12), '3104', '0'],
    ['US-5', '', '', '', '3'],
  ]);

  // A second file of the month is told in the ledger, and answered by nobody.
  await put(login, 'again.csv', bytes);
  gmo.feedClock('2027-01-01T00:00:00.000Z');
  const { requests, totals } = gmo.ledgerOf('shop-1');
  expect(totals).toEqual({ months: 2, repeatedRequests: 0, askedAfterRefusal: 0 });
  expect(requests.map(({ month, repeated }) => [month, repeated])).toEqual([
    ['2026-12', false],
    ['2027-01', false],
  ]);
});

test('shops see their own folder alone, and a restart forgets nothing', async () => {
  const { gmo, dataDir, stop } = await startGmo();
  const one = gmo.register({ shopId: 'shop-1', ...plain });
  const other = gmo.register({ shopId: 'shop-2', ...plain });
  await put(one, 'refresh-202612.csv', requestOf('US-1'));
  await put(one, 'again.csv', requestOf('US-1'));
  const names = await within(other, '/../../shop-1/request', (drop) => drop.list()).catch(() => []);
  expect(names).toEqual([]);
  await stop();

  const second = await startGmoSandbox({ dataDir, now: () => resultDay });
  try {
    expect(second.loginOf('shop-1')).toEqual(one);
    // Whoever logs in finds what is due by the caller's own time.
    expect(await readResult(one, resultName)).toHaveLength(1);
    expect(second.ledgerOf('shop-1').totals).toMatchObject({ months: 1, repeatedRequests: 1 });
  } finally {
    await second.stop();
  }
});

test.each([
  ['rows_doubled', 4],
  ['rows_missing', 2],
  ['rows_unasked', 4],
  ['verdict_unknown', 3],
  ['row_short', 3],
  ['other_month', 3],
] as const)('%s spoils the result until its minutes have passed', async (kind, lines) => {
  const { gmo } = await startGmo();
  const login = gmo.register({ shopId: 'shop-1', ...plain });
  gmo.order({ shopId: 'shop-1', fault: { kind, minutes: 60 } });
  await put(login, 'refresh-202612.csv', requestOf('US-1', 'US-2', 'US-3'));
  gmo.feedClock(resultDay);
  const spoilt = await readResult(login, resultName);
  expect(spoilt).toHaveLength(lines);
  gmo.feedClock('2026-12-26T16:00:00.000Z');
  const right = await readResult(login, resultName);
  expect(right?.map((row) => row[2])).toEqual(['202612-1', '202612-2', '202612-3']);
  expect(spoilt).not.toEqual(right);
});

test('a result comes late, never, half, or by and by', async () => {
  const { gmo } = await startGmo();
  const bytes = requestOf('US-1', 'US-2', 'US-3');
  const login = async (shopId: string, fault: Parameters<GmoSandbox['order']>[0]['fault']) => {
    const made = gmo.register({ shopId, ...plain });
    gmo.order({ shopId, fault });
    await put(made, 'refresh-202612.csv', bytes);
    return made;
  };
  const late = await login('late', { kind: 'late', days: 2 });
  const never = await login('never', { kind: 'never' });
  const half = await login('half', { kind: 'half_written', keep: 0.5 });
  const growing = await login('growing', { kind: 'growing', parts: 2 });
  const lines = async (of: GmoLogin) => (await readResult(of, resultName))?.at(-1)?.length ?? null;

  gmo.feedClock(resultDay);
  expect(await lines(late)).toBeNull();
  expect(await lines(half)).toBeLessThan(13);
  expect(await lines(growing)).toBeLessThan(13);
  gmo.feedClock('2026-12-28T15:00:00.000Z');
  expect(await lines(late)).toBe(13);
  expect(await lines(growing)).toBe(13);
  expect(await lines(half)).toBeLessThan(13);
  expect(await lines(never)).toBeNull();
  await fetch(`${gmo.url}/faults`, { method: 'DELETE' });
  expect(await lines(half)).toBe(13);
  expect(await lines(never)).toBe(13);
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { contract, type RouteContract } from '../../api/contract.ts';
import { personalFileKinds } from '../../billing/file-kind.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type NewFile, storeFile } from '../../db/queries/files.ts';
import { openCarrierRecord } from '../db/failed-deliveries.ts';
import { newFile, pieces } from '../db/new-file.ts';
import { type BrowserSession, openBrowser } from './browser-session.ts';
import { type RunningApi, readProblem, startApi, startOfTime } from './running-api.ts';

/** The calls that take a right besides their role, where it depends on what they ask for. */
const merchant = '/v1/merchants/rights-shop';
const keys = parseEncryptionKeys(inject('fileKeys'));
let api: RunningApi;
let merchantId: number;
let record: Awaited<ReturnType<typeof openCarrierRecord>>;
/** Nobody's role brings a right along: one of each, an admin first. */
let none: BrowserSession;
let exporter: BrowserSession;
let editor: BrowserSession;

beforeAll(async () => {
  api = await startApi();
  record = await openCarrierRecord(api.db, 'rights-shop');
  ({ merchantId } = record);
  none = await logIn('none', { role: 'admin', rights: [] });
  exporter = await logIn('exporter', { role: 'operator', rights: ['exportPersonalData'] });
  editor = await logIn('editor', { role: 'approver', rights: ['editSendParameters'] });
});
afterAll(() => api.close());

async function logIn(
  login: string,
  grant: Omit<Parameters<RunningApi['addUser']>[2][number], 'merchantId'>,
): Promise<BrowserSession> {
  const password = randomUUID();
  await api.addUser(login, password, [{ merchantId, ...grant }]);
  const browser = openBrowser(api);
  expect((await browser.logIn(login, password)).status).toBe(200);
  return browser;
}

test('these are the calls of which the contract says so', () => {
  const names = Object.entries(contract as Record<string, RouteContract>)
    .filter(([, route]) => route.sometimesRight !== undefined)
    .map(([name, { sometimesRight }]) => [name, sometimesRight?.right]);
  expect(names.sort()).toEqual([
    ['confirmSendErrors', 'editSendParameters'],
    ['downloadFile', 'exportPersonalData'],
    ['sendSendErrors', 'editSendParameters'],
  ]);
});

describe('a stored file', () => {
  async function store(kind: string, direction: 'inbound' | 'outbound' = 'inbound') {
    const bytes = Buffer.from(`${kind} ${direction}`);
    const { sha256 } = await storeFile(
      api.db,
      merchantId,
      newFile(pieces(bytes), { kind, direction, keys } as Partial<NewFile>),
    );
    return `${merchant}/files/${sha256}`;
  }

  test.each(personalFileKinds)(
    'of kind %s takes the right to export, of an admin too',
    async (kind) => {
      const path = await store(kind);
      expect(await readProblem(await none.call(path))).toMatchObject({
        ...{ status: 403, slug: 'right-missing' },
        errors: [{ path: 'right', message: 'exportPersonalData' }],
      });
      const answer = await exporter.call(path);
      expect([answer.status, await answer.text()]).toEqual([200, `${kind} inbound`]);
    },
  );

  test('of numbers and yen takes none', async () => {
    expect((await none.call(await store('auth-result'))).status).toBe(200);
  });

  test.each([
    ['returned-cards', 'inbound'],
    ['card-import', 'outbound'],
  ] as const)('with the keys of cards is shown to nobody: %s, %s', async (kind, direction) => {
    const path = await store(kind, direction);
    for (const who of [exporter, none]) expect([403, 409]).toContain((await who.call(path)).status);
    expect(await readProblem(await exporter.call(path))).toMatchObject({ slug: 'conflict' });
  });
});

test('what is sent to the shop in a carrier’s name is changed only with the right to', async () => {
  await record.addEndpoint('rights-desk');
  await record.receive({ ordd: 'edited' }, startOfTime);
  await record.attempt('rights-desk', {}, startOfTime);
  const searched = await none.call(`${merchant}/send-errors/search`, {
    method: 'POST',
    json: { filter: { period: { kind: 'today' } } },
  });
  const { sendErrors } = (await searched.json()) as {
    sendErrors: { id: string; parameters: [string, string][] }[];
  };
  const [error] = sendErrors;
  if (error === undefined) throw new Error('one delivery failed');
  const corrected = error.parameters.map(([name, value]) =>
    name === 'money' ? [name, '999'] : [name, value],
  );
  const confirm = async (who: BrowserSession, parameters?: unknown) =>
    await who.call(`${merchant}/send-errors/confirmations`, {
      method: 'POST',
      json: {
        mode: 'individual',
        rows: [{ sendError: error.id, act: 'resend', ...(parameters ? { parameters } : {}) }],
      },
    });
  const send = async (who: BrowserSession, confirmation: string) =>
    await who.call(`${merchant}/send-errors/acts`, {
      method: 'POST',
      headers: { 'Idempotency-Key': randomUUID() },
      json: { confirmation, checked: false },
    });
  const refused = {
    ...{ status: 403, slug: 'right-missing' },
    errors: [{ path: 'right', message: 'editSendParameters' }],
  };
  expect((await confirm(none)).status).toBe(200);
  expect(await readProblem(await confirm(none, corrected))).toMatchObject(refused);
  const page = await confirm(editor, corrected);
  expect(page.status).toBe(200);
  const { confirmation } = (await page.json()) as { confirmation: string };
  // A page that somebody else had shown opens no way around it.
  expect(await readProblem(await send(none, confirmation))).toMatchObject(refused);
  expect(await readProblem(await send(editor, confirmation))).toMatchObject({
    slug: 'invalid-fields',
  });
});

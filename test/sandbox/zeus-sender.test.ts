import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startMailServer } from '../../sandbox/mail-server.ts';
import { type FormParameters, readForm } from '../../sandbox/zeus/form.ts';
import { startZeusSandbox, type ZeusSandboxOptions } from '../../sandbox/zeus/server.ts';

/** 2026-11-22 09:00 in Japan. */
const now = '2026-11-22T00:00:00.000Z';
const merchantId = 'own-shop';

interface Received {
  readonly method: string | undefined;
  readonly parameters: FormParameters;
}

/** A receiver that answers as it is told, 200 when it is told nothing. */
async function startReceiver(encoding: 'cp932' | 'utf-8' = 'cp932') {
  const calls: Received[] = [];
  const answers: (number | 'silence')[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const query = new URL(request.url ?? '', 'http://receiver').search.slice(1);
    const form = request.method === 'GET' ? Buffer.from(query) : Buffer.concat(chunks);
    calls.push({ method: request.method, parameters: readForm(form, encoding) });
    const answer = answers.shift() ?? 200;
    if (answer !== 'silence') response.writeHead(answer).end('OK');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/callbacks/zeus/${merchantId}`, calls, answers };
}

async function startZeus(options: ZeusSandboxOptions = {}) {
  const zeus = await startZeusSandbox(options);
  onTestFinished(() => zeus.stop());
  zeus.feedClock(now);
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${zeus.url}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  };
  const of = `/merchants/${merchantId}`;
  return {
    ask,
    register: (merchant: object) =>
      ask('PUT', of, { ipCodes: ['2012000001', '2012000002'], ...merchant }),
    pay: (body: object = {}) => ask('POST', `${of}/payments`, body),
    listErrors: async () => (await ask('GET', `${of}/send-errors`)).body.sendErrors,
    resend: (...orderNumbers: string[]) =>
      ask('POST', `${of}/send-errors/resend`, { orderNumbers }),
    settle: (...orderNumbers: string[]) =>
      ask('POST', `${of}/send-errors/settle`, { orderNumbers }),
    fault: (fault: object) => ask('POST', '/faults', { merchantId, ...fault }),
  };
}

test.each([
  { method: 'POST', encoding: 'cp932' },
  { method: 'GET', encoding: 'cp932' },
  { method: 'POST', encoding: 'utf-8' },
  { method: 'GET', encoding: 'utf-8' },
] as const)('results come by $method in $encoding', async ({ method, encoding }) => {
  const receiver = await startReceiver(encoding);
  const zeus = await startZeus();
  await zeus.register({ callbackUrl: receiver.url, method, encoding });
  const { body } = await zeus.pay({ count: 30 });
  expect(body).toMatchObject({ taken: 30, failed: 0 });
  expect(receiver.calls).toHaveLength(30);
  const points = new Set<string>();
  for (const call of receiver.calls) {
    expect(call.method).toBe(method);
    const named = Object.fromEntries(call.parameters);
    expect(Object.keys(named)).toEqual(
      'clientip ordd money telno email sendid sendpoint result carrier'.split(' '),
    );
    expect(named).toMatchObject({ result: 'OK', telno: expect.stringMatching(/^000\d{8}$/) });
    points.add(named.sendpoint ?? '');
  }
  expect(points).toEqual(new Set(['会員登録', 'ポイント①', '能登の表構']));
  expect(await zeus.listErrors()).toEqual([]);
});

test('a call that is not taken is a send error until it is sent again or settled', async () => {
  const receiver = await startReceiver();
  const zeus = await startZeus();
  await zeus.register({ callbackUrl: receiver.url, timeoutMs: 100, concurrency: 1 });
  receiver.answers.push(500, 'silence', 200, 302);
  expect((await zeus.pay({ count: 4 })).body).toMatchObject({ taken: 1, failed: 3 });
  const listed = (await zeus.listErrors()) as { orderNumber: string; CGISendErr: string }[];
  expect(listed.map((error) => error.orderNumber)).toEqual(['Z00000001', 'Z00000002', 'Z00000004']);
  expect(listed.map((error) => error.CGISendErr)).toEqual(['再送信', '再送信', '再送信']);
  expect((await zeus.resend('Z00000001')).body).toEqual({ taken: 1, failed: 0 });
  expect((await zeus.settle('Z00000002')).body).toEqual({ settled: 1 });
  receiver.answers.push(503);
  expect((await zeus.resend('Z00000004')).body).toEqual({ taken: 0, failed: 1 });
  const states = (await zeus.listErrors()) as { CGISendErr: string }[];
  expect(states.map((error) => error.CGISendErr)).toEqual(['処理済', '処理済', '再送信']);
  expect((await zeus.resend('Z00000003')).status).toBe(409);
  expect((await zeus.resend('Z99999999')).status).toBe(404);
  expect(receiver.calls[0]).toEqual(receiver.calls[4]);
});

test('faults: an answer that is lost, a call that never leaves, one that is made twice', async () => {
  const receiver = await startReceiver();
  const zeus = await startZeus();
  await zeus.register({ callbackUrl: receiver.url, concurrency: 1 });
  await zeus.fault({ fault: 'answer_lost' });
  await zeus.fault({ fault: 'not_sent', orderNumber: 'Z00000002' });
  await zeus.fault({ fault: 'sent_twice', orderNumber: 'Z00000003' });
  expect((await zeus.pay({ count: 4 })).body).toMatchObject({ taken: 2, failed: 2 });
  const orders = receiver.calls.map(({ parameters }) => parameters[1]?.[1]);
  expect(orders).toEqual(['Z00000001', 'Z00000003', 'Z00000003', 'Z00000004']);
  const listed = (await zeus.listErrors()) as { orderNumber: string }[];
  expect(listed.map((error) => error.orderNumber)).toEqual(['Z00000001', 'Z00000002']);
});

test('another result of a payment that is known already', async () => {
  const receiver = await startReceiver();
  const zeus = await startZeus();
  await zeus.register({ callbackUrl: receiver.url });
  await zeus.pay();
  await zeus.pay({ orderNumber: 'Z00000001', result: 'NG' });
  const [first, second] = receiver.calls.map(({ parameters }) => Object.fromEntries(parameters));
  expect(second).toEqual({ ...first, result: 'NG' });
});

test('a mail says what failed, to the first contact and in copy to the others', async () => {
  const mailServer = await startMailServer();
  onTestFinished(() => mailServer.stop());
  const receiver = await startReceiver();
  const zeus = await startZeus({ smtp: { host: mailServer.host, port: mailServer.port } });
  const contacts = ['first@example.jp', 'second@example.jp'];
  await zeus.register({ callbackUrl: receiver.url, contacts, concurrency: 1 });
  await zeus.fault({ fault: 'mail_lost' });
  receiver.answers.push(500, 502);
  await zeus.pay({ count: 3 });
  const mail = await mailServer.waitForMail(({ subject }) => subject.includes('CGI送信エラー'));
  expect(mail).toMatchObject({ to: ['first@example.jp'], cc: ['second@example.jp'] });
  expect(mail.messageId).toBe(`<send-error.${merchantId}.2@sandbox.example.jp>`);
  expect(mail.text).toContain('オーダーNo: Z00000002');
  expect(mail.text).toContain('発生日時: 2026/11/22 09:00:00');
  expect(mail.text).toContain('エラー内容: サーバーエラー (502)');
  expect(mailServer.listMails()).toHaveLength(1);
});

test('with a data directory it goes on where it was', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tsukigime-zeus-'));
  onTestFinished(() => rm(dataDir, { recursive: true }));
  const receiver = await startReceiver();
  const first = await startZeusSandbox({ dataDir });
  const send = (url: string, method: string, path: string, body: object) =>
    fetch(`${url}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  await send(first.url, 'PUT', '/clock', { now });
  await send(first.url, 'PUT', `/merchants/${merchantId}`, {
    callbackUrl: receiver.url,
    ipCodes: ['1'],
  });
  receiver.answers.push(500);
  await send(first.url, 'POST', `/merchants/${merchantId}/payments`, {});
  await first.stop();
  const zeus = await startZeus({ dataDir });
  expect(await zeus.listErrors()).toMatchObject([{ orderNumber: 'Z00000001', failedAt: now }]);
  expect((await zeus.resend('Z00000001')).body).toEqual({ taken: 1, failed: 0 });
});

test('nothing happens before the clock is set, and nothing to strangers', async () => {
  const zeus = await startZeusSandbox();
  onTestFinished(() => zeus.stop());
  const post = (path: string) => fetch(`${zeus.url}${path}`, { method: 'POST' });
  expect((await post('/merchants/own-shop/payments')).status).toBe(409);
  zeus.feedClock(now);
  expect((await post('/merchants/own-shop/payments')).status).toBe(404);
});

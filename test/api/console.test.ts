import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningApi, readProblem, startApi } from './running-api.ts';

let api: RunningApi;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tsukigime-console-'));
  await writeFile(join(folder, 'index.html'), '<meta name="csp-nonce" content="__NONCE__">');
  await writeFile(join(folder, 'page-AbCdEf12.js'), 'export {};');
  api = await startApi({ consoleDir: folder, temporalUiOrigin: 'http://ui.example:8233' });
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});

const html = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };
const nonceOf = async (response: Response) => /content="([^"]+)"/.exec(await response.text())?.[1];

describe('the console', () => {
  test.each(['/', '/login', '/merchants/my-shop/exchanges/2026-11/auth/1'])(
    'is the page of %s for a browser',
    async (path) => {
      const response = await api.call(path, html);
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('no-cache');
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toContain(`style-src 'self' 'nonce-${await nonceOf(response)}'`);
      expect(policy).toContain("script-src 'self';");
      expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|https:/);
    },
  );

  test('has another nonce each time', async () => {
    const [first, second] = [await api.call('/', html), await api.call('/', html)];
    expect(await nonceOf(first)).not.toBe(await nonceOf(second));
  });

  test('keeps hashed files for ever', async () => {
    const response = await api.call('/page-AbCdEf12.js');
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('content-type')).toMatch(/javascript/);
  });

  test.each([
    ['/v1/no-such-thing', html],
    ['/no-such-thing', {}],
    ['/no-such-thing', { headers: { accept: 'application/json' } }],
  ])('leaves %s a problem', async (path, init) => {
    expect(await readProblem(await api.call(path, init))).toMatchObject({
      status: 404,
      slug: 'route-not-found',
    });
  });

  test('is told where the Temporal UI is', async () => {
    const token = await api.addToken('viewer');
    const answer = await (await api.call('/v1/console', { token })).json();
    expect(answer).toEqual({
      temporalUi: expect.stringMatching(/^http:\/\/ui\.example:8233\/namespaces\/[\w-]+$/),
    });
  });
});

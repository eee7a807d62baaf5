import { expect, test } from 'vitest';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { runNgWave } from '../../activities/ng-wave.ts';
import { declinedAt, declinedMonth, insertDeclined } from '../../bench/declined-charges.ts';
import { openOwnDatabase } from '../db/own-database.ts';
import { runCommand } from './run-command.ts';

const { db, database } = await openOwnDatabase(2);
const merchant = await insertDeclined(db, { slug: 'ng-cli', count: 2 });
const run = (...args: string[]) => runCommand({ databaseUrl: database.appUrl }, 'ng', ...args);
const nothing = async () => {};

test('declined charges by command: the list with its filters, one with its plan, and as CSV', async () => {
  const workflows = { wakeCycle: nothing, wakeMail: nothing };
  const deps = { db, workflows } as unknown as ActivityDependencies;
  await runNgWave(deps, { merchant: merchant.slug, now: declinedAt });
  const of = ['--merchant', merchant.slug];
  const list = await run('list', ...of);
  expect(list).toMatchObject({ code: 0, err: '' });
  expect(list.out).toMatch(/ 1 {2}3,980 円 {2}利用限度額の超過\(G55\) .*顧客への連絡/);
  expect(list.out).toMatch(/ 2 {2}3,980 円 {2}カード会社・回線の障害\(G95\) .*再オーソリ/);
  const some = await run('list', ...of, '--next', 'retry', '--csv');
  expect(some.out.trimEnd().split('\r\n')).toHaveLength(2);

  const one = [...of, '--month', declinedMonth];
  const shown = await run('show', ...one, '--order', '1');
  expect(shown.out).toContain('  その後  2026-12-01 10:00  再オーソリ  ');
  expect(shown.out).toContain('オーソリがNGになりました。');
  expect(await run('show', ...one, '--order', '3')).toMatchObject({
    ...{ code: 2, out: '' },
    err: expect.stringContaining('no NG case'),
  });
});

import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openJournal } from '../../sandbox/paygent/journal.ts';
import { makeDataDir } from './portal-session.ts';

let dataDir: string;
let path: string;

beforeEach(async () => {
  dataDir = await makeDataDir();
  path = join(dataDir, 'journal.ndjson');
});

afterEach(() => rm(dataDir, { recursive: true }));

function replay(): unknown[] {
  const events: unknown[] = [];
  openJournal(path, (event) => events.push(event)).close();
  return events;
}

test('gives back what was appended, in order', () => {
  const journal = openJournal<object>(path, () => {});
  journal.append({ n: 1, text: '受付\n番号' });
  journal.append({ n: 2 });
  journal.close();
  expect(replay()).toEqual([{ n: 1, text: '受付\n番号' }, { n: 2 }]);
});

test('drops a last line that a kill cut, and goes on behind the whole ones', () => {
  writeFileSync(path, '{"n":1}\n{"n":');
  const journal = openJournal<object>(path, () => {});
  journal.append({ n: 2 });
  journal.close();
  expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n{"n":2}\n');
});

test('names the line that is damaged', () => {
  appendFileSync(path, '{"n":1}\n{"n"\n{"n":3}\n');
  expect(replay).toThrow(/line 2 is damaged/);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ExportFile,
  fillMonth,
  judgeExports,
  type Look,
  labelOf,
  matchesPattern,
  namesMonth,
  orderSourceSchema,
  rememberFiles,
} from '../../billing/order-source.ts';

const file = (name: string, mark = '2026-11-22T00:00:00.000Z', bytes = 100): ExportFile => ({
  name,
  bytes,
  mark,
});
const at = (minutes: number) => new Date(Date.UTC(2026, 10, 22, 0, minutes)).toISOString();

describe('the pattern', () => {
  test.each([
    ['orders-{YYYY-MM}*.csv', 'orders-2026-11.csv', true],
    ['orders-{YYYY-MM}*.csv', 'orders-2026-11-22_0900.csv', true],
    ['orders-{YYYY-MM}*.csv', 'orders-2026-12.csv', false],
    ['orders-{YYYY-MM}*.csv', 'old-orders-2026-11.csv', false],
    ['orders-{YYYY-MM}*.csv', 'orders-2026-11.csv.part', false],
    ['{YYYYMM}??.csv', '20261122.csv', true],
    ['{YYYYMM}??.csv', '2026112.csv', false],
    ['受注_{YYYY}年{MM}月(1).csv', '受注_2026年11月(1).csv', true],
    ['a.csv', 'aXcsv', false],
    ['*', 'x\ny', true],
  ])('%s and %s', (pattern, name, expected) => {
    expect(matchesPattern(name, pattern, '2026-11')).toBe(expected);
  });

  test('without wildcards a pattern is its own only name', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (text, other) => {
        fc.pre(!/[*?{}]/.test(text));
        expect(matchesPattern(text, text, '2026-11')).toBe(true);
        expect(matchesPattern(other, text, '2026-11')).toBe(other === text);
      }),
    );
  });

  test('says whether it names the month', () => {
    expect(namesMonth('orders-{YYYY-MM}.csv')).toBe(true);
    expect(namesMonth('orders-*.csv')).toBe(false);
    expect(fillMonth('https://shop.example/{YYYY}/{MM}?m={YYYYMM}', '2026-02')).toBe(
      'https://shop.example/2026/02?m=202602',
    );
  });
});

describe('the setting', () => {
  const sftp = {
    kind: 'sftp',
    host: 'files.shop.example',
    user: 'tsukigime',
    secretName: 'shop-sftp',
    hostKeys: [`SHA256:${'A'.repeat(43)}`],
  };

  test('is upload unless said otherwise, and fills its defaults', () => {
    expect(orderSourceSchema.parse(undefined)).toEqual({ kind: 'upload' });
    expect(orderSourceSchema.parse(sftp)).toMatchObject({
      port: 22,
      folder: '/',
      pattern: 'orders-{YYYY-MM}*.csv',
      pollMinutes: 15,
    });
  });

  test.each([
    [{ ...sftp, hostKeys: [] }],
    [{ ...sftp, hostKeys: ['aa:bb'] }],
    [{ ...sftp, pattern: 'a/{YYYY-MM}.csv' }],
    [{ ...sftp, pattern: 'orders-{MONTH}.csv' }],
    [{ ...sftp, password: 'x' }],
    [{ kind: 'https', url: 'ftp://shop.example/a' }],
    [{ kind: 'https', url: 'https://user:x@shop.example/a' }],
    [{ kind: 'https', url: 'https://user@shop.example/a' }],
    [{ kind: 'https', url: 'https://shop.example/{DAY}' }],
    [{ kind: 'directory', path: '' }],
    [{ kind: 'mail' }],
  ])('refuses %j', (setting) => {
    expect(orderSourceSchema.safeParse(setting).success).toBe(false);
  });

  test('is named without what may be secret', () => {
    const https = orderSourceSchema.parse({
      kind: 'https',
      url: 'https://shop.example/export/{YYYY-MM}?key=k',
    });
    if (https.kind === 'upload') throw new Error('not https');
    expect(labelOf(https)).toBe('https://shop.example/export/{YYYY-MM}');
  });
});

describe('a look', () => {
  const look = (files: ExportFile[], more: Partial<Look> = {}) =>
    judgeExports({
      month: '2026-11',
      pattern: 'orders-{YYYY-MM}*.csv',
      now: at(10),
      files,
      seen: files.map((each) => ({ ...each, since: at(0) })),
      taken: [],
      takenBefore: [],
      ...more,
    }).map(({ file: { name }, verdict }) => `${name} ${verdict}`);

  test('takes what stood still, oldest first, and leaves other names', () => {
    const newer = file('orders-2026-11-b.csv', at(2));
    const older = file('orders-2026-11-c.csv', at(1));
    expect(
      look([newer, older, file('orders-2026-12.csv', at(3)), file('note.txt', at(4))]),
    ).toEqual([
      'orders-2026-11-c.csv take',
      'orders-2026-11-b.csv take',
      'orders-2026-12.csv other',
      'note.txt other',
    ]);
  });

  test('waits for what is new, changed or empty', () => {
    const fresh = file('orders-2026-11.csv');
    expect(look([fresh], { seen: [] })).toEqual(['orders-2026-11.csv settling']);
    for (const before of [{ bytes: 99 }, { mark: at(-5) }]) {
      const seen = [{ ...fresh, ...before, since: at(0) }];
      expect(look([fresh], { seen })).toEqual(['orders-2026-11.csv settling']);
    }
    expect(look([file('orders-2026-11.csv', at(0), 0)])).toEqual(['orders-2026-11.csv settling']);
    const seen = [{ ...fresh, since: at(10) }];
    expect(look([fresh], { seen, now: at(11) })).toEqual(['orders-2026-11.csv take']);
  });

  test('takes nothing twice, and nothing older than what the month has', () => {
    const had = file('orders-2026-11-b.csv', at(5));
    const late = file('orders-2026-11-a.csv', at(4));
    const next = file('orders-2026-11-b.csv', at(6));
    expect(look([had, late], { taken: [had] })).toEqual([
      'orders-2026-11-a.csv outdated',
      'orders-2026-11-b.csv taken',
    ]);
    expect(look([next], { taken: [had] })).toEqual(['orders-2026-11-b.csv take']);
  });

  test('without a month in the name: the newest alone, unless an earlier month had it', () => {
    const old = file('export-1.csv', at(1));
    const newest = file('export-2.csv', at(2));
    const unnamed = { pattern: 'export-*.csv' };
    expect(look([old, newest], unnamed)).toEqual(['export-1.csv outdated', 'export-2.csv take']);
    expect(look([old, newest], { ...unnamed, takenBefore: [newest] })).toEqual([
      'export-1.csv outdated',
      'export-2.csv of_another_month',
    ]);
    // A name with its month belongs to that month, whoever had it.
    const named = file('orders-2026-11.csv');
    expect(look([named], { takenBefore: [named] })).toEqual(['orders-2026-11.csv take']);
  });

  test('any file is taken at the second look that sees it unchanged, a minute later', () => {
    const names = fc.constantFrom(
      'orders-2026-11.csv',
      'orders-2026-11-2.csv',
      'orders-2026-10.csv',
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(names, sizes, (name, growth) => {
        let seen: Look['seen'] = [];
        growth.forEach((bytes, minute) => {
          const files = [file(name, at(0), bytes)];
          const now = at(minute);
          const verdict = look(files, { now, seen, month: name.slice(7, 14) })[0]?.split(' ')[1];
          const still = minute > 0 && growth[minute - 1] === bytes;
          expect(verdict).toBe(still ? 'take' : 'settling');
          seen = rememberFiles(files, { seen, now, pattern: 'orders-{YYYY-MM}*.csv' });
        });
      }),
    );
  });
});

test('only what may be an export of any month is remembered', () => {
  const files = [file('orders-2026-10.csv'), file('orders-2026-12-x.csv'), file('photo.jpg')];
  const seen = [{ ...file('orders-2026-10.csv'), since: at(0) }];
  const kept = rememberFiles(files, { seen, now: at(9), pattern: 'orders-{YYYY-MM}*.csv' });
  expect(kept.map(({ name, since }) => [name, since])).toEqual([
    ['orders-2026-10.csv', at(0)],
    ['orders-2026-12-x.csv', at(9)],
  ]);
});

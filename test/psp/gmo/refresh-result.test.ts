import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFileGuard } from '../../../activities/file-guard.ts';
import {
  type RefreshResultLayout,
  refreshResultLayoutSchema,
} from '../../../billing/card-refresh-settings.ts';
import { encodeCsv } from '../../../billing/csv-writer.ts';
import { merchantSettingsSchema } from '../../../billing/merchant-settings.ts';
import { refreshOwnNumberColumns } from '../../../psp/gmo/refresh-layouts.ts';
import { type RefreshResultRow, readRefreshResult } from '../../../psp/gmo/refresh-result.ts';
import { createRefreshResultEncoder } from '../../../psp/gmo/refresh-result-encode.ts';
import { collect, cp932, streamOf } from '../../byte-source.ts';
import { cardLikeNumber } from '../../db/card-like-number.ts';

const layout = refreshResultLayoutSchema.parse({});
const path = (name: string) => new URL(`../../fixtures/gmo/${name}`, import.meta.url);

async function read(
  bytes: Uint8Array,
  as: RefreshResultLayout = layout,
  chunkSize = 7,
): Promise<RefreshResultRow[]> {
  return (await collect(readRefreshResult(streamOf(bytes, chunkSize), as, '2026-11'))).flat();
}

/** A row of the result as text, cell by cell. */
const line = (cells: Record<number, string>, columns = 13) =>
  `${Array.from({ length: columns }, (_, at) => `"${cells[at] ?? ''}"`).join(',')}\r\n`;
const good = { 0: 'US-00010000', 1: '0', 2: '202611-1', 6: '0' };

describe('a refresh result', () => {
  test('the golden file: every kind of row, and what is wrong with it by line and field', async () => {
    const rows = await read(readFileSync(path('refresh-result.csv')));
    const said = rows.map(({ fault, ...row }) => {
      const { line: at, memberId, sequence, targetLine, verdict, lastDigits, expiry } = row;
      const key = `${at}: ${memberId} ${sequence} -> ${targetLine}`;
      return fault
        ? `${at}: ${memberId} ${fault.reason} [${fault.field}]`
        : `${key}: ${verdict} ${lastDigits} ${expiry}`;
    });
    await expect(`${said.join('\n')}\n`).toMatchFileSnapshot(path('refresh-result.txt').pathname);
  });

  const key = fc.stringMatching(/^[\x21\x23-\x2b\x2d-\x7e]{1,30}$/);
  const month = fc.integer({ min: 1, max: 12 }).map((n) => String(n).padStart(2, '0'));
  const anyAnswer = fc.record({
    memberId: key,
    sequence: key,
    targetLine: fc.integer({ min: 1, max: 99_999_999 }),
    verdict: fc.constantFrom(0, 1, 2, 3),
    digits: fc.option(fc.stringMatching(/^[0-9]{3,4}$/)),
    expiry: fc.option(
      fc.tuple(fc.integer({ min: 2020, max: 2099 }), month).map(([y, m]) => `${y}-${m}`),
    ),
  });
  const positions = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], {
    ...{ minLength: 6, maxLength: 6 },
  });

  test('is read back as it was written, wherever the columns stand', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyAnswer, { minLength: 1, maxLength: 20 }),
        positions,
        fc.constantFrom('YYMM', 'MMYY'),
        async (answers, places, expiryFormat) => {
          const [memberId, cardSequence, freeText, verdict, cardNumber, expiry] = places;
          const own = refreshResultLayoutSchema.parse({
            ...{ memberId, cardSequence, freeText, verdict, cardNumber, expiry, expiryFormat },
          });
          const encode = createRefreshResultEncoder(own);
          const text = answers.map((each) =>
            encode({
              ...each,
              verdict: each.verdict as 0,
              freeText: `202611-${each.targetLine}`,
              maskedNumber: each.digits === null ? null : `************${each.digits}`,
            }),
          );
          const rows = await read(encodeCsv(text.join(''), 'cp932'), own);
          expect(rows).toEqual(
            answers.map(({ memberId, sequence, targetLine, verdict, digits, expiry }, index) => ({
              ...{ line: index + 1, memberId, sequence, targetLine, verdict, fault: null },
              lastDigits: verdict === 0 ? digits : null,
              expiry: verdict === 0 ? expiry : null,
            })),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each([
    ['*************234', '234'],
    ['************1234', '1234'],
    ['411111******1234', '1234'],
    ['＊＊＊＊1234', '1234'],
    ['1234', '1234'],
    ['234', '234'],
    ['12345678', null],
    ['1234************', null],
    ['************', null],
    ['****-12', null],
    ['見本1234', null],
  ])('of the number %s it keeps %s', async (number, lastDigits) => {
    const [row] = await read(cp932(line({ ...good, 7: number })));
    expect(row).toMatchObject(
      lastDigits === null
        ? { fault: { reason: 'bad_data', field: '新カード番号 (マスク)' } }
        : { lastDigits, fault: null },
    );
  });

  test('what stands beside a refusal never keeps the refusal away', async () => {
    const [row] = await read(cp932(line({ ...good, 6: '1', 7: '能', 8: '9999' })));
    expect(row).toMatchObject({ verdict: 1, lastDigits: null, expiry: null, fault: null });
  });

  test('without 自由項目 and カード登録連番 the member is all that a row says', async () => {
    const plain = refreshResultLayoutSchema.parse({
      ...{ columns: 7, cardSequence: null, freeText: null, cardNumber: null, expiry: null },
    });
    const [row] = await read(cp932(line({ 0: 'm', 6: '2' }, 7)), plain);
    expect(row).toMatchObject({ memberId: 'm', targetLine: null, verdict: 2, fault: null });
  });
});

describe('the card-number guard', () => {
  const settings = merchantSettingsSchema.parse({});
  const look = (text: string) => {
    const guard = createFileGuard('refresh-result', settings);
    guard.write(cp932(text));
    return guard.end();
  };

  test('masked numbers and our own long ones pass', () => {
    expect(look(line({ ...good, 0: cardLikeNumber(), 7: '411111******1234' }))).toBeNull();
    expect(refreshOwnNumberColumns(layout)).toEqual([1, 2, 3]);
  });

  test('a full number is found, whatever the settings say', () => {
    expect(look(line({ ...good, 7: cardLikeNumber() }))).toMatchObject({ columnNumber: 8 });
    expect(look(`${line(good)}"${cardLikeNumber()}x\r\n`)).toMatchObject({ line: 2 });
  });
});

import { createHmac } from 'node:crypto';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { excerptOf, formOf, headersOf } from '../../activities/delivery-request.ts';
import type { ClaimedDelivery } from '../../db/queries/deliveries.ts';
import { cardLikeNumber } from '../db/card-like-number.ts';

const delivery: ClaimedDelivery = {
  id: 1,
  attempt: 2,
  triesLeft: 1,
  resultId: '00000000-0000-4000-8000-000000000001',
  version: 3,
  encoding: 'cp932',
  query: Buffer.from('a=%94%5c'),
  body: Buffer.from('b=x%20y'),
  parameters: [
    ['a', '能'],
    ['b', 'x y'],
  ],
  edited: null,
  actId: null,
};

describe('the form of a delivery', () => {
  test('is byte for byte what came in', () => {
    expect(formOf(delivery, 'as_received')?.toString()).toBe('a=%94%5c&b=x%20y');
    const posted = { ...delivery, query: Buffer.alloc(0) };
    expect(formOf(posted, 'as_received')?.toString()).toBe('b=x%20y');
  });

  test('is never empty: where its bytes are kept no longer, the parameters say what came in', () => {
    const blanked = { ...delivery, query: Buffer.alloc(0), body: Buffer.alloc(0) };
    expect(formOf(blanked, 'as_received')?.toString()).toBe('a=%94%5C&b=x+y');
  });

  test('is written anew in the encoding of the endpoint', () => {
    expect(formOf(delivery, 'utf-8')?.toString()).toBe('a=%E8%83%BD&b=x+y');
    expect(formOf(delivery, 'cp932')?.toString()).toBe('a=%94%5C&b=x+y');
  });

  test('holds what an operator wrote in its place, in the encoding of the call', () => {
    const edited = { ...delivery, edited: [['a', '表'] as const] };
    expect(formOf(edited, 'as_received')?.toString()).toBe('a=%95%5C');
    expect(formOf(edited, 'utf-8')?.toString()).toBe('a=%E8%A1%A8');
  });

  test('does not exist where the encoding lacks a character', () => {
    expect(formOf({ ...delivery, edited: [['a', '😀']] }, 'as_received')).toBeNull();
  });
});

test('the headers bear the key of the result and a signature over time and body', () => {
  const form = Buffer.from('a=1');
  const headers = headersOf(
    delivery,
    form,
    { encoding: 'utf-8' },
    {
      secret: 'secret',
      now: '2026-11-22T00:00:00.900Z',
    },
  );
  const signature = createHmac('sha256', 'secret').update('1795305600.a=1').digest('hex');
  expect(headers).toEqual({
    'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
    'Idempotency-Key': delivery.resultId,
    'Tsukigime-Signature': `t=1795305600,v1=${signature}`,
    'Tsukigime-Attempt': '2',
    'Tsukigime-Version': '3',
  });
});

describe('what is kept of an answer', () => {
  test.each([
    ['one line of it', Buffer.from('<h1>\n  500\r\n</h1>\0'), '<h1> 500 </h1>'],
    ['200 characters', Buffer.from('表'.repeat(300)), '表'.repeat(200)],
    ['a cut-off character', Buffer.from('エラー').subarray(0, 8), 'エラ'],
    ['CP932', iconv.encode('エラーです', 'cp932'), 'エラーです'],
    ['nothing', Buffer.alloc(0), ''],
  ])('is %s', (_what, start, kept) => {
    expect(excerptOf(start)).toBe(kept);
  });

  test('is never a card number', () => {
    const kept = excerptOf(Buffer.from(`card ${cardLikeNumber()} refused`));
    expect(kept).not.toMatch(/\d{4}/);
    expect(kept).toContain('保存していません');
  });
});

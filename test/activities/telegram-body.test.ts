import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readResultBody } from '../../activities/telegram-body.ts';

const head = '1,020,10001,2881,1,,0,,';
const whole = `${head}\r\n3,,101,,1000\r\n4,1\r\n`;

/** The text in pieces of these lengths, the last one taking the rest; tells when it is let go. */
function pieces(text: string, lengths: readonly number[] = []) {
  const state = { closed: false };
  async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      let at = 0;
      for (const length of lengths) {
        yield Buffer.from(text.slice(at, at + length));
        at += length;
      }
      yield Buffer.from(text.slice(at));
    } finally {
      state.closed = true;
    }
  }
  return { source: source(), state };
}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const piece of content) all.push(piece);
  return Buffer.concat(all).toString();
}

describe('the answer to telegram 201', () => {
  test('is told its header apart and given whole, however it comes in', async () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(lengths, fc.boolean(), async (cuts, framed) => {
        const body = await readResultBody(pieces(whole, cuts).source, framed);
        expect(Buffer.from(body.head ?? []).toString()).toBe(`${head}\r`);
        expect(body.hasRecords).toBe(true);
        expect(await textOf(body.content)).toBe(whole);
      }),
    );
  });

  test.each([
    ['nothing', '', null, false],
    ['a header record alone', head, head, false],
    ['a header record with its line break', `${head}\r\n`, `${head}\r`, false],
    ['no line in sight', 'x'.repeat(10_000), null, false],
  ])('may hold %s', async (_what, text, expected, hasRecords) => {
    const body = await readResultBody(pieces(text, [5]).source, true);
    expect(body.head === null ? null : Buffer.from(body.head).toString()).toBe(expected);
    expect(body.hasRecords).toBe(hasRecords);
  });

  test('whose end nobody announced must end with its trailer record', async () => {
    for (let length = head.length + 4; length < whole.length; length += 1) {
      const body = await readResultBody(pieces(whole.slice(0, length), [3]).source, false);
      const read = textOf(body.content);
      await expect(read, String(length)).rejects.toMatchObject({ problem: 'cut' });
    }
  });

  test('is let go when nobody wants the rest of it', async () => {
    const dropped = pieces(whole, [3]);
    await (await readResultBody(dropped.source, true)).drop();
    expect(dropped.state.closed).toBe(true);
    const returned = pieces(whole, [3]);
    await (await readResultBody(returned.source, true)).content.return();
    expect(returned.state.closed).toBe(true);
  });
});

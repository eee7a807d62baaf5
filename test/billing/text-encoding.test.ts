import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { createStrictDecoder, detectEncoding } from '../../billing/text-encoding.ts';
import { cp932, streamOf } from '../byte-source.ts';

const header = '注文番号,顧客名,購入金額\r\n';

describe('detectEncoding', () => {
  it.each([1, 2, 3, 7, 65_536])('tells CP932 from UTF-8 in chunks of %i', async (chunkSize) => {
    const text = `${header}1,髙橋 能子,100\r\n2,﨑山 ①㈱ ｶﾅ,200\r\n`;
    expect(await detectEncoding(streamOf(cp932(text), chunkSize))).toBe('cp932');
    expect(await detectEncoding(streamOf(text, chunkSize))).toBe('utf-8');
    expect(await detectEncoding(streamOf(`\ufeff${text}`, chunkSize))).toBe('utf-8');
  });

  it('is not turned by a few damaged rows', async () => {
    const damaged = Buffer.concat([
      cp932(`${header}1,髙橋,100\r\n`),
      Buffer.from([0x81, 0x20, 0x0a]),
    ]);
    expect(await detectEncoding(streamOf(damaged))).toBe('cp932');
    const utf8 = Buffer.concat([
      Buffer.from(`${header}1,髙橋,100\r\n2,`),
      Buffer.from([0xff, 0x0a]),
    ]);
    expect(await detectEncoding(streamOf(utf8))).toBe('utf-8');
  });

  it('finds Japanese text behind any amount of ASCII', async () => {
    const text = `${'1,abc,100\n'.repeat(50_000)}2,能,200\n`;
    expect(await detectEncoding(streamOf(cp932(text)))).toBe('cp932');
    expect(await detectEncoding(streamOf(text))).toBe('utf-8');
  });

  it('tells them apart where lines end with CR alone', async () => {
    const text = `${'1,能登 表太,100\r'.repeat(20_000)}`;
    expect(await detectEncoding(streamOf(cp932(text), 65_537))).toBe('cp932');
    expect(await detectEncoding(streamOf(text, 65_537))).toBe('utf-8');
  });

  it('reads no further than it must', async () => {
    let chunks = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (; chunks < 1000; chunks += 1) yield cp932('1,能登 表太,100\r\n'.repeat(100));
    }
    expect(await detectEncoding(endless())).toBe('cp932');
    expect(chunks).toBeLessThan(5);
  });

  it('refuses UTF-16, workbooks and other bytes that are no text', async () => {
    const utf16 = Buffer.from(`\ufeff${header}`, 'utf16le');
    await expect(detectEncoding(streamOf(utf16))).rejects.toMatchObject({ code: 'wrong_encoding' });
    const workbook = Buffer.from([0x50, 0x4b, 0x03, 0x04, 0x14, 0x00]);
    await expect(detectEncoding(streamOf(workbook))).rejects.toMatchObject({ code: 'not_csv' });
    const image = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00]);
    await expect(detectEncoding(streamOf(image))).rejects.toMatchObject({ code: 'wrong_encoding' });
  });
});

describe('decoding CP932', () => {
  const decode = createStrictDecoder('cp932');
  const twoBytes = fc.tuple(
    fc.oneof(fc.integer({ min: 0x81, max: 0x9f }), fc.integer({ min: 0xe0, max: 0xfc })),
    fc.integer({ min: 0x40, max: 0xfc }),
  );

  it('agrees with iconv-lite on every character that carts write', () => {
    const differing: string[] = [];
    const compare = (...bytes: number[]): void => {
      const buffer = Buffer.from(bytes);
      const byIconv = iconv.decode(buffer, 'cp932');
      const ours = decode(buffer);
      if (ours !== (byIconv.includes('\ufffd') ? null : byIconv))
        differing.push(buffer.toString('hex'));
    };
    // NUL is refused, as the next test says.
    for (let byte = 1; byte <= 0xff; byte += 1) compare(byte);
    for (let lead = 0x81; lead <= 0xfc; lead += 1) {
      if (lead >= 0xa0 && lead < 0xe0) continue;
      for (let trail = 0x40; trail <= 0xfc; trail += 1) if (trail !== 0x7f) compare(lead, trail);
    }
    // Control characters that no cart writes, and 0xF941–0xF9FC, user-defined characters for which
    // iconv-lite has no entry: Windows maps them to the private use area, as the decoder does.
    const known = ['1a', '1c', '7f', '80'];
    const rest = differing.filter((hex) => !known.includes(hex) && !/^f9[4-9a-f]/.test(hex));
    expect(rest).toEqual([]);
    expect(differing.filter((hex) => known.includes(hex))).toEqual(known);
  });

  it('gives back what iconv-lite encodes', () => {
    const samples = '能表構十ソ貼暴申髙﨑①㈱〜～−－∥―ｱｲｳﾊﾟ¢£¬Ⅷ纊犾';
    for (const char of samples) {
      const bytes = iconv.encode(char, 'cp932');
      if (bytes.equals(Buffer.from('?'))) continue;
      expect(iconv.encode(decode(bytes) ?? '', 'cp932')).toEqual(bytes);
    }
    expect(decode(Buffer.from([0x81, 0x60, 0x81, 0x7c]))).toBe('～－');
    fc.assert(
      fc.property(twoBytes, ([lead, trail]) => {
        const text = decode(Buffer.from([lead, trail]));
        // User-defined characters are left out: iconv-lite does not encode all of them.
        fc.pre(text !== null && !/[\ue000-\uf8ff]/.test(text));
        expect(decode(iconv.encode(text ?? '', 'cp932'))).toBe(text);
      }),
    );
  });

  it('refuses what it does not know instead of replacing it', () => {
    for (const bytes of [[0x81], [0x81, 0x20], [0xa0], [0xfd], [0x41, 0xff], [0x41, 0x00]]) {
      expect(decode(Buffer.from(bytes))).toBeNull();
    }
  });
});

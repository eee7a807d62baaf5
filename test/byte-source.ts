import iconv from 'iconv-lite';

/** Bytes as a stream of chunks of the given size: small chunks cut records and characters in two. */
export async function* streamOf(
  content: Uint8Array | string,
  chunkSize = 65_536,
): AsyncGenerator<Uint8Array> {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize);
}

export function cp932(text: string): Uint8Array {
  return iconv.encode(text, 'cp932');
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

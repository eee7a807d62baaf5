const pieceBytes = 65_536;

/** Fetches and opens the next chunk while the present one is worked on. */
export async function* readAhead(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = content[Symbol.asyncIterator]();
  let next = chunks.next();
  for (;;) {
    const chunk = await next;
    if (chunk.done === true) return;
    next = chunks.next();
    // A failure is thrown when its turn comes, also when nobody asks any more.
    next.catch(() => {});
    // The rows of a piece live until it is done with: short pieces keep them out of the old heap.
    for (let at = 0; at < chunk.value.length; at += pieceBytes) {
      yield chunk.value.subarray(at, at + pieceBytes);
    }
  }
}

import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** One line that is typed unseen, or all that is piped in, without the line break at its end. */
export async function readUnseen(what: string): Promise<string> {
  if (process.stdin.isTTY) {
    process.stderr.write(`${what} (it is not shown): `);
    const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input: process.stdin, output: unseen, terminal: true });
    const line = await new Promise<string>((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(''));
    });
    lines.close();
    process.stderr.write('\n');
    return line;
  }
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Buffer);
  return Buffer.concat(pieces)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

import type { IncomingMessage } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import { Problem } from './problem.ts';

export interface UploadedPart {
  /** As the sender calls it; not checked yet. */
  readonly name: string | null;
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * The one file of a request: the part of a multipart form (a browser's), or the body as it is. It is
 * streamed: nothing of it is held.
 *
 * @throws Problem `invalid-request` for a form that is broken or has no file or several.
 */
export async function openUploadedPart(
  request: IncomingMessage,
  body: AsyncIterable<Uint8Array>,
): Promise<UploadedPart> {
  const type = request.headers['content-type'] ?? '';
  if (!type.toLowerCase().startsWith('multipart/form-data')) return { name: null, content: body };
  let form: busboy.Busboy;
  try {
    form = busboy({
      headers: { 'content-type': type },
      defParamCharset: 'utf8',
      limits: { files: 2, fields: 20, fieldSize: 1024, parts: 22 },
    });
  } catch {
    throw brokenForm('is not a multipart form');
  }
  const source = Readable.from(body, { objectMode: false });
  return await new Promise((resolve, reject) => {
    let files = 0;
    let content: PassThrough | undefined;
    const fail = (error: unknown) => {
      const problem = error instanceof Problem ? error : brokenForm('breaks off');
      content?.destroy(problem);
      reject(problem);
    };
    form.on('file', (_field, stream, info) => {
      files += 1;
      if (files > 1) {
        stream.resume();
        fail(brokenForm('holds more than one file'));
        return;
      }
      content = new PassThrough();
      // Its reader is thrown the error; while it has none yet, nobody is: that must end no process.
      content.on('error', () => {});
      // A reader that refuses the file leaves early: then nobody waits for the rest of the form.
      content.on('close', () => source.destroy());
      stream.on('error', fail);
      stream.pipe(content, { end: false });
      resolve({ name: info.filename ?? null, content });
    });
    form.on('error', fail);
    form.on('close', () => {
      if (files === 0) fail(brokenForm('holds no file'));
      // Only a whole form ends its file: one that broke off must not look complete.
      content?.end();
    });
    pipeline(source, form).catch(fail);
  });
}

function brokenForm(message: string): Problem {
  return new Problem('invalid-request', { errors: [{ path: 'body', message }] });
}

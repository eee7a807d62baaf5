import express, { type Request, type Response } from 'express';
import type { z } from 'zod';
import type { RouteContract } from './contract/route.ts';
import type { ApiLimits } from './dependencies.ts';
import { explainIssue } from './field-error-words.ts';
import { type FieldError, Problem } from './problem.ts';
import { findUnstorable } from './storable.ts';

export interface RequestInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly idempotencyKey: string | undefined;
}

/**
 * Parameters, query and body as the contract wants them.
 * @throws Problem: 400, 413, 415 for what cannot be read, 422 with a path for every wrong field.
 */
export async function readInput(
  route: RouteContract,
  request: Request,
  response: Response,
  limits: ApiLimits,
): Promise<RequestInput> {
  const idempotencyKey =
    route.idempotencyKey === 'required' ? readIdempotencyKey(request) : undefined;
  const raw = await readBody(route, request, response, limits);
  const errors: FieldError[] = [];
  const read = (part: string, schema: z.ZodType | undefined, value: unknown) => {
    if (schema === undefined) return undefined;
    const parsed = schema.safeParse(value);
    errors.push(
      ...(parsed.success
        ? findUnstorable(part, parsed.data)
        : parsed.error.issues.map((issue) => toFieldError(part, issue))),
    );
    return parsed.data;
  };
  const params = read('params', route.params, { ...request.params });
  const query = read('query', route.query, { ...request.query });
  const body =
    route.body?.kind === 'json' ? read('body', route.body.schema, raw) : (raw as unknown);
  if (errors.length > 0) throw new Problem('invalid-fields', { errors });
  return { params, query, body, idempotencyKey };
}

/** The key becomes an Update ID, which no codec covers: so it may hold nothing that means anything. */
function readIdempotencyKey(request: Request): string {
  const header = request.get('Idempotency-Key')?.trim() ?? '';
  // The draft standard writes the key as a quoted string; most clients do not.
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (!/^[A-Za-z0-9_-]{8,64}$/.test(key)) throw new Problem('idempotency-key-missing');
  return key;
}

async function readBody(
  route: RouteContract,
  request: Request,
  response: Response,
  limits: ApiLimits,
): Promise<unknown> {
  if (route.body === undefined) return undefined;
  if (route.body.kind === 'json') {
    requireContentType(request, ['application/json']);
    if (asksToContinue(request)) response.writeContinue();
    const tooLong = setTimeout(() => request.destroy(), limits.jsonBodyMs);
    try {
      await parseJson(request, response, route.body.maxBytes ?? limits.jsonBytes);
    } finally {
      clearTimeout(tooLong);
    }
    return request.body;
  }
  requireContentType(request, route.body.contentTypes);
  // Unpacked bytes would pass the limit unseen, and the hash must be of what was sent.
  if (request.headers['content-encoding'] !== undefined) {
    throw new Problem('content-type-not-supported');
  }
  if (Number(request.headers['content-length'] ?? 0) > limits.uploadBytes) {
    throw new Problem('body-too-large');
  }
  if (asksToContinue(request)) response.writeContinue();
  return streamBody(request, limits);
}

/** `Expect: 100-continue`: the body comes only once it is asked for. */
export function asksToContinue(request: Request): boolean {
  return request.headers.expect?.toLowerCase() === '100-continue';
}

function requireContentType(request: Request, accepted: readonly string[]): void {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!accepted.includes(type)) throw new Problem('content-type-not-supported');
}

async function parseJson(request: Request, response: Response, maxBytes: number): Promise<void> {
  const parse = express.json({ limit: maxBytes, strict: false });
  await new Promise<void>((resolve, reject) => {
    parse(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(toBodyProblem(error));
    });
  });
}

/** body-parser's errors quote the body; only their kind goes on. */
function toBodyProblem(error: unknown): Problem {
  const status = (error as { status?: unknown }).status;
  if (status === 413) return new Problem('body-too-large');
  if (status === 415) return new Problem('content-type-not-supported');
  return new Problem('invalid-request', {
    errors: [{ path: 'body', message: 'is not valid JSON' }],
  });
}

/**
 * The body piece by piece; leaving early keeps the connection, on which the refusal is answered. One that
 * falls silent or drips is cut: it holds an open transaction. Only the time in which we waited for the
 * sender counts, not that in which the sender waited for us.
 */
async function* streamBody(request: Request, limits: ApiLimits): AsyncGenerator<Uint8Array> {
  const { uploadSilenceMs, uploadGraceMs, uploadPace } = limits;
  request.setTimeout(uploadSilenceMs, () => request.destroy(new Error('The upload fell silent.')));
  let bytes = 0;
  let waitedMs = 0;
  let askedAt = performance.now();
  try {
    for await (const piece of request.iterator({ destroyOnReturn: false })) {
      waitedMs += performance.now() - askedAt;
      bytes += (piece as Uint8Array).byteLength;
      if (waitedMs > uploadGraceMs && (bytes * 1000) / waitedMs < uploadPace) {
        request.destroy();
        throw new Error('The upload was too slow.');
      }
      yield piece as Uint8Array;
      askedAt = performance.now();
    }
  } finally {
    request.setTimeout(0);
  }
}

function toFieldError(part: string, issue: z.core.$ZodIssue): FieldError {
  const path = [part, ...issue.path.map((step) => plainStep(String(step)))].join('.');
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map(plainStep);
    return {
      path,
      message: `unknown: ${keys.join(', ')}`,
      ja: `使えない項目です: ${keys.join('、')}`,
    };
  }
  return { path, message: issue.message, ja: explainIssue(issue) };
}

/** A key that the sender made up may hold anything; only what looks like a name is repeated. */
function plainStep(step: string): string {
  return /^[\p{L}_][\p{L}0-9_-]{0,63}$/u.test(step) || /^[0-9]{1,6}$/.test(step) ? step : '…';
}

import type { NextFunction, Request, Response } from 'express';
import { parseInstant } from './clock.ts';
import { Refusal } from './refusal.ts';

/** Answers a program's request that was refused, or that failed, as problem+json. */
export function answerError(
  error: unknown,
  _request: Request,
  response: Response,
  next: NextFunction,
) {
  if (response.headersSent) return next(error);
  const refusal = asRefusal(error);
  response
    .status(refusal.status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: refusal.code,
        status: refusal.status,
        detail: refusal.message,
        ...refusal.details,
      }),
    );
}

/** What went wrong as a refusal; an error of the sandbox itself is written to its log. */
export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const { name, status, issues, message } = error as Error & { status?: number; issues?: unknown };
  if (name === 'ZodError' || name === '$ZodError') {
    return new Refusal(
      422,
      'unreadable_body',
      '送られた内容を読めません。issues を見てください。',
      { issues },
    );
  }
  if (status === 413) {
    return new Refusal(status, 'too_large', 'ファイルサイズの上限を超えています。');
  }
  if (status !== undefined && status < 500) {
    return new Refusal(status, 'unreadable_request', `送られた内容を読めません: ${message}`);
  }
  console.error(error);
  return new Refusal(500, 'sandbox_failed', `模擬ペイジェントの内部エラーです: ${message}`);
}

/** Reads an instant of a request; refuses what is none. */
export function requireInstant(text: unknown): string {
  const instant = parseInstant(text);
  if (instant !== null) return instant;
  throw new Refusal(
    400,
    'unreadable_instant',
    '時刻は 2026-11-22T09:00:00+09:00 または ...Z の形で送ってください。',
  );
}

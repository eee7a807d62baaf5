import type { ProblemBody } from '../contract/route.ts';

/** A refusal or failure that the API told as a problem (RFC 9457), or that no answer came. */
export class ApiProblem extends Error {
  override name = 'ApiProblem';
  readonly status: number;
  /** The last part of the problem's type; `no-answer` when nothing came back. */
  readonly slug: string;
  /** Japanese: what happened, what was kept, what to do next. */
  readonly detail: string;
  /** What is wrong where; `ja` in the words of operators, where the API has them. */
  readonly errors: NonNullable<ProblemBody['errors']>;
  /** As in the API's log; null when no answer came. */
  readonly instance: string | null;
  /** Seconds after which it may be tried again; null: the answer names none. */
  readonly retryAfterSeconds: number | null;

  constructor(of: {
    readonly status: number;
    readonly body: Pick<ProblemBody, 'type' | 'title' | 'detail'> & Partial<ProblemBody>;
    readonly retryAfterSeconds?: number | null;
  }) {
    super(of.body.title);
    this.status = of.status;
    this.slug = of.body.type.split(':').at(-1) ?? of.body.type;
    this.detail = of.body.detail;
    this.errors = of.body.errors ?? [];
    this.instance = of.body.instance ?? null;
    this.retryAfterSeconds = of.retryAfterSeconds ?? null;
  }

  /** Whether the same call with the same key may succeed without anybody doing anything. */
  get passes(): boolean {
    return this.status === 0 || this.status === 503;
  }
}

/** Nobody knows whether the server got it: only the same key makes a repetition safe. */
export function noAnswer(): ApiProblem {
  return new ApiProblem({
    status: 0,
    body: {
      type: 'urn:tsukigime:problem:no-answer',
      title: 'No answer came',
      detail:
        'サーバーから応答がありません。接続を確かめ、同じ操作をもう一度行ってください。二重には実行されません。',
    },
  });
}

/** What a refused response tells; a proxy's page in between is told as itself. */
export async function readProblem(response: Response): Promise<ApiProblem> {
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterSeconds = Number.isFinite(retryAfter) ? retryAfter : null;
  const body = await response.json().catch(() => null);
  if (isProblem(body)) return new ApiProblem({ status: response.status, body, retryAfterSeconds });
  return new ApiProblem({
    status: response.status,
    retryAfterSeconds,
    body: {
      type: 'urn:tsukigime:problem:not-ours',
      title: 'The answer is none of the API',
      detail: `サーバーの応答を読み取れません(HTTP ${response.status})。少し待ってやり直し、続く場合は管理者に連絡してください。`,
    },
  });
}

function isProblem(body: unknown): body is ProblemBody {
  return typeof body === 'object' && body !== null && 'type' in body && 'detail' in body;
}

import { accessProblems } from './access-problems.ts';
import type { ProblemBody } from './contract/route.ts';
import { findWords } from './field-error-words.ts';
import { missingProblems } from './missing-problems.ts';

/**
 * Every kind of problem: status, English title, and in Japanese what happened, what was kept and what
 * to do next. A slug is part of the interface: it is never renamed. docs/api.md lists them.
 */
export const problemTypes = {
  'invalid-request': {
    status: 400,
    title: 'The request cannot be read',
    detail:
      'リクエストを読み取れませんでした。何も保存していません。形式を確かめて送り直してください。',
  },
  'idempotency-key-missing': {
    status: 400,
    title: 'The Idempotency-Key header is missing or unusable',
    detail:
      'Idempotency-Key ヘッダーがないか、使えない値です。何も実行していません。8〜64文字の英数字と - _ でキーを付け、同じ操作のやり直しには同じキーを使ってください。',
  },
  ...accessProblems,
  'entry-exists': {
    status: 409,
    title: 'Another entry has this name',
    detail: 'この名前はすでに登録されています。何も変更していません。別の名前を選んでください。',
  },
  ...missingProblems,
  'method-not-allowed': {
    status: 405,
    title: 'The route does not know this method',
    detail:
      'このURLではこのメソッドを使えません。何も実行していません。Allow ヘッダーを見てください。',
  },
  'merchant-exists': {
    status: 409,
    title: 'The merchant exists already',
    detail:
      'この名前の加盟店はすでに登録されています。何も変更していません。別の名前を選んでください。',
  },
  'endpoint-exists': {
    status: 409,
    title: 'The delivery endpoint exists already',
    detail:
      'この名前の送信先はすでに使われています。何も変更していません。別の名前を選んでください。',
  },
  'endpoint-changed': {
    status: 409,
    title: 'The delivery endpoint was changed or retired',
    detail:
      'この送信先は別の人が先に変更したか、廃止されています。今回の変更は保存していません。読み直してやり直してください。',
  },
  'settings-changed': {
    status: 409,
    title: 'The settings have a newer version',
    detail:
      '設定は別の人が先に変更しました。今回の変更は保存していません。最新の設定を読み直し、変更をやり直してください。',
  },
  'locks-set-free': {
    status: 409,
    title: 'The settings would bill orders of locked cards',
    detail:
      'この設定では、利用停止中のカードの注文が請求されます。何も保存していません。件数を確かめて confirmedLocks に指定してください。',
  },
  'workflow-closed': {
    status: 409,
    title: 'The workflow has ended or does not run',
    detail:
      'この処理は終了しているか、動いていません。何も変更していません。現在の状態を確かめてください。終わっていないはずなら、管理者に復旧（tsukigime recover）を依頼してください。',
  },
  conflict: {
    status: 409,
    title: 'The act does not fit the present state',
    detail:
      '現在の状態ではこの操作はできません。何も変更していません。画面を読み直して状態を確かめてください。',
  },
  'banner-unusable': {
    status: 422,
    title: 'The banner is no picture',
    detail:
      '画像として読み取れません。バナーは変更していません。PNG・JPEG・GIF の画像を 512 KB 以内で登録してください。',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    detail: '送られたデータが上限を超えています。何も保存していません。分けて送ってください。',
  },
  'content-type-not-supported': {
    status: 415,
    title: 'The content type or encoding is not supported',
    detail:
      'この Content-Type または Content-Encoding は受け付けません。何も保存していません。/openapi.json で形式を確かめてください。',
  },
  'invalid-fields': {
    status: 422,
    title: 'Fields are invalid',
    detail:
      '入力に誤りがあります。何も保存していません。示した項目(errors)を直して、やり直してください。',
  },
  'card-number-found': {
    status: 422,
    title: 'The file holds a card number',
    detail:
      'ファイルにカード番号と思われる数字があります。ファイルは保存していません。示した場所(errors)から番号を取り除いて、送り直してください。',
  },
  'file-unusable': {
    status: 422,
    title: 'The file cannot be used for this',
    detail:
      'このファイルはこの操作に使えません。ファイルは預かったままです。内容と種類を確かめ、正しいファイルを送ってください。',
  },
  'payload-unreadable': {
    status: 422,
    title: 'A payload cannot be decoded',
    detail:
      '復号できないデータがあります。何も変更していません。TSUKIGIME_PAYLOAD_KEYS に古い鍵が残っているか、管理者が確かめてください。',
  },
  'text-not-writable': {
    status: 422,
    title: 'The encoding lacks a character',
    detail:
      '指定の文字コードで表せない文字があるため、CSVを作成していません。示した注文(errors)を確かめるか、encoding=utf-8 で取り出してください。',
  },
  'link-expired': {
    status: 410,
    title: 'The link is not good any more',
    detail:
      'リンクの有効期限が過ぎています。何も変更していません。顧客にショップへの連絡を案内するか、もう一度メールを送信してください。',
  },
  'link-forged': {
    status: 422,
    title: 'The link is none of ours',
    detail:
      'このリンクは正しくありません(途中で切れている、書き換えられている、または署名の鍵が替わっています)。何も変更していません。顧客にメールのリンクをそのまま開いてもらってください。',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    detail:
      'リクエストが多すぎます。何も実行していません。Retry-After の秒数を待って送り直してください。',
  },
  'internal-error': {
    status: 500,
    title: 'An unexpected error',
    detail:
      '予期しないエラーが起きました。同じ操作をもう一度行い、続く場合は instance の番号を添えて開発担当に連絡してください。',
  },
  'file-unreadable': {
    status: 500,
    title: 'The stored file cannot be opened',
    detail:
      '預かったファイルを開けません。ファイルの行は残っています。instance の番号を添えて管理者に連絡し、鍵とバックアップを確かめてもらってください。',
  },
  'postgres-away': {
    status: 503,
    title: 'The database cannot be reached',
    detail: 'データベースに接続できません。少し待ってから、同じ内容でもう一度送ってください。',
  },
  'temporal-away': {
    status: 503,
    title: 'Temporal cannot be reached',
    detail:
      '処理基盤（Temporal）に接続できません。少し待ってから、同じ Idempotency-Key でもう一度送ってください。',
  },
  'worker-away': {
    status: 503,
    title: 'Nobody took the request in time',
    detail:
      '処理基盤（Temporalまたはワーカー）が時間内に応答しませんでした。受け付けたかどうかは未確定です。同じ Idempotency-Key でもう一度送れば、二重には実行されません。',
  },
  busy: {
    status: 503,
    title: 'Too many uploads at once',
    detail:
      '同時に受け付けられる件数を超えています。何も保存していません。少し待って送り直してください。',
  },
} as const satisfies Record<string, { status: number; title: string; detail: string }>;

export type ProblemSlug = keyof typeof problemTypes;

export interface FieldError {
  /** Where: `body.settings.paygent.width`, `query.kind`, `line 3, column 備考`. */
  readonly path: string;
  /** What is wrong with it; never the value itself. */
  readonly message: string;
  /** The same for operators; without it, what is known of the message (field-error-words.ts). */
  readonly ja?: string;
}

/** Thrown anywhere in the API; becomes application/problem+json. */
export class Problem extends Error {
  override name = 'Problem';
  readonly slug: ProblemSlug;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    slug: ProblemSlug,
    more: {
      /** In place of the type's own sentence, when more is known. */
      readonly detail?: string;
      readonly errors?: readonly FieldError[];
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(problemTypes[slug].title);
    this.slug = slug;
    this.detail = more.detail ?? problemTypes[slug].detail;
    this.errors = more.errors ?? [];
    this.headers = more.headers ?? {};
  }

  get status(): number {
    return problemTypes[this.slug].status;
  }

  toBody(requestId: string): ProblemBody {
    return {
      type: `urn:tsukigime:problem:${this.slug}`,
      title: problemTypes[this.slug].title,
      status: this.status,
      detail: this.detail,
      instance: requestId,
      ...(this.errors.length > 0 ? { errors: this.errors.map(withJapanese) } : {}),
    };
  }
}

/** Words for programs (the type of a failure, a right) have none. */
function withJapanese(error: FieldError): FieldError {
  const ja = error.ja ?? findWords(error.message);
  return ja === undefined ? error : { ...error, ja };
}

import { UnusableFileError } from '../billing/row-reason.ts';
import { EndpointChangedError, EndpointExistsError } from '../db/queries/delivery-endpoints.ts';
import { FileChunkError, FileRefusedError, FileTooLargeError } from '../db/queries/files.ts';
import { MerchantExistsError } from '../db/queries/merchants.ts';
import { LocksSetFreeError, SettingsVersionError } from '../db/queries/settings.ts';
import { UserExistsError } from '../db/queries/users.ts';
import { OutOfPatienceError } from './patience.ts';
import { Problem, type ProblemSlug } from './problem.ts';

/** What any thrown thing is to the caller. Only what we know by type says more than "unexpected". */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof MerchantExistsError) return new Problem('merchant-exists');
  if (error instanceof UserExistsError) return new Problem('user-exists');
  if (error instanceof EndpointExistsError) return new Problem('endpoint-exists');
  if (error instanceof EndpointChangedError) return new Problem('endpoint-changed');
  if (error instanceof SettingsVersionError) {
    return new Problem('settings-changed', {
      errors: [{ path: 'body.version', message: `the newest is ${error.currentVersion}` }],
    });
  }
  if (error instanceof LocksSetFreeError) {
    const { locks } = error;
    return new Problem('locks-set-free', {
      detail: `この設定を保存すると、利用停止中のカード ${locks} 件の注文が請求されることがあります。何も保存していません。請求してよい場合は、件数 ${locks} を確認（confirmedLocks）して保存し直してください。`,
      errors: [{ path: 'body.confirmedLocks', message: `is not ${locks}`, ja: `${locks} 件` }],
    });
  }
  if (error instanceof UnusableFileError) {
    return new Problem('file-unusable', { detail: `${error.ja}。ファイルは保存していません。` });
  }
  if (error instanceof FileTooLargeError) return new Problem('body-too-large');
  if (error instanceof FileRefusedError) {
    const { line, column, columnNumber } = error.finding;
    const named = column?.slice(0, 50) ?? columnNumber;
    const place = named === null ? `line ${line}` : `line ${line}, column ${named}`;
    return new Problem('card-number-found', {
      errors: [{ path: place, message: 'looks like a card number' }],
    });
  }
  if (error instanceof FileChunkError) return new Problem('file-unreadable');
  const away = awayPart(error);
  if (away !== undefined) return new Problem(away, { headers: { 'Retry-After': '5' } });
  const status = (error as { status?: unknown } | null)?.status;
  // Express's own errors: a URL that cannot be decoded and the like.
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Problem('invalid-request');
  }
  return new Problem('internal-error');
}

/** SQLSTATE classes and socket errors that mean "not now", as opposed to "never". */
function awayPart(error: unknown): ProblemSlug | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = String((error as { code?: unknown }).code ?? '');
  // 08 connection, 53 resources, 57P0x shutdown, 55P03 lock not available in time.
  if (/^(08|53)...$|^57P0[123]$|^55P03$/.test(code)) return 'postgres-away';
  if (/^(ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|ETIMEDOUT|EAI_AGAIN)$/.test(code)) {
    return 'postgres-away';
  }
  // pg gives its pool's and socket's failures no code, only these sentences.
  if (/^(Connection terminated|timeout exceeded when trying to connect)/.test(error.message)) {
    return 'postgres-away';
  }
  if (error instanceof OutOfPatienceError) return 'temporal-away';
  // gRPC: 14 UNAVAILABLE, 4 DEADLINE_EXCEEDED; the SDK wraps them.
  const cause = (error as { cause?: { code?: unknown } }).cause;
  if (error.name === 'ServiceError' && [14, 4].includes(Number(cause?.code))) {
    return 'temporal-away';
  }
  return undefined;
}

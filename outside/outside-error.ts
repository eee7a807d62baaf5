/** What went wrong with another machine, so that a caller can decide without reading sentences. */
export type OutsideProblem =
  /** The address may not be called: private, loopback, metadata, or not the sandbox's. */
  | 'address_refused'
  | 'name_not_found'
  | 'unreachable'
  | 'timed_out'
  /** The certificate is not trusted or not that host's, or no common TLS version. */
  | 'tls_refused'
  /** The SSH host key is none of the pinned ones: nothing was told to that machine. */
  | 'host_key_changed'
  | 'login_refused'
  | 'missing'
  /** The other side said no: no permission, no space, an answer that is not a success. */
  | 'refused'
  | 'too_large'
  /** The connection ended before all bytes were there. */
  | 'cut'
  /** The file is another one than when it was looked at. */
  | 'changed'
  /** What was uploaded reads back differently. */
  | 'mismatch';

/** Problems that stay until a person changes something. */
const lasting: ReadonlySet<OutsideProblem> = new Set<OutsideProblem>([
  'address_refused',
  'tls_refused',
  'host_key_changed',
  'login_refused',
  'too_large',
]);

interface Circumstances {
  /** The sentence for operators: what happened, what was kept, what to do next. */
  readonly ja: string;
  /** Whether the other side may have received what we sent: then only asking it can tell. */
  readonly mayHaveReached?: boolean;
  /** Whether an admin could allow the address that was refused. */
  readonly mayBeAllowed?: boolean;
  readonly cause?: unknown;
}

/**
 * A connection to another machine failed. Neither sentence holds a credential, a path with its query
 * or a byte of a file: the host at most.
 */
export class OutsideError extends Error {
  override name = 'OutsideError';
  readonly problem: OutsideProblem;
  readonly ja: string;
  readonly mayHaveReached: boolean;
  readonly mayBeAllowed: boolean;

  constructor(problem: OutsideProblem, message: string, circumstances: Circumstances) {
    super(message, { cause: circumstances.cause });
    this.problem = problem;
    this.ja = circumstances.ja;
    this.mayHaveReached = circumstances.mayHaveReached ?? false;
    this.mayBeAllowed = circumstances.mayBeAllowed ?? false;
  }

  /** False when trying again changes nothing before a person does. */
  get isPassing(): boolean {
    return !lasting.has(this.problem);
  }
}

/** The code of a Node error: ECONNREFUSED and the like. */
export function errorCode(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? '');
}

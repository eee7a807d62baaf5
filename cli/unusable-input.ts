/** A file or argument that cannot be used: exit code 2 and one line, no stack trace. */
export class UnusableInputError extends Error {
  override readonly name: string = 'UnusableInputError';
  /** The same for operators. */
  readonly ja: string;

  constructor(en: string, ja: string) {
    super(en);
    this.ja = ja;
  }
}

/** Exit code for a file or argument that cannot be used. */
const unusableExitCode = 2;

// By name, so that this file loads none of the rooms they come from.
const unusable = new Set([
  'UnusableInputError',
  'UnusableFileError',
  'CardNumberFoundError',
  'TransactionFileError',
  'RequestFileError',
  'WrongResultFileError',
]);

/**
 * Runs a command; an input that cannot be used becomes one line on stderr and exit code 2. Any other
 * error is passed on.
 */
export async function runReporting(command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    if (!(error instanceof Error) || !unusable.has(error.name)) throw error;
    const ja = 'ja' in error && typeof error.ja === 'string' ? error.ja : '';
    const text = ja === '' ? error.message : `${ja} (${error.message})`;
    const line = text.replace(/\s*[\r\n]+\s*/g, ' ');
    process.stderr.write(`tsukigime: ${line}\n`);
    return unusableExitCode;
  }
}

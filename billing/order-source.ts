import { z } from 'zod';
import type { BillingMonth } from './billing-month.ts';
import { secretNamePattern } from './secret.ts';

const secretName = z.string().regex(secretNamePattern, { error: 'is 1 to 64 of a-z, 0-9 and -' });

/** Minutes of the business clock between two looks. */
const pollMinutes = z.int().min(1).max(1440).default(15);

/**
 * Which files are the month's export: a name with `*` and `?`, and the month as `{YYYY-MM}`,
 * `{YYYYMM}` or `{YYYY}` and `{MM}`.
 */
const pattern = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^/\\\p{C}]+$/u, { error: 'is one file name, without a folder' })
  .refine((text) => !/[{}]/.test(fillMonth(text, '2026-01')), {
    error: 'knows {YYYY-MM}, {YYYYMM}, {YYYY} and {MM} only',
  })
  .default('orders-{YYYY-MM}*.csv');

const folder = z
  .string()
  .min(1)
  .max(500)
  .regex(/^\P{C}+$/u, { error: 'holds a control character' });

/** https; what a sandbox merchant may call besides is decided where the connection is made. */
const url = z
  .string()
  .max(1000)
  .refine((text) => isCallable(fillMonth(text, '2026-01')), {
    error: 'is no https:// address, or holds a user, a password or an unknown placeholder',
  });

/** Where the month's order exports come from (spec 1.1). */
export const orderSourceSchema = z
  .discriminatedUnion('kind', [
    /** People and programs hand them in: API, console, command line. */
    z.strictObject({ kind: z.literal('upload') }),
    z.strictObject({
      kind: z.literal('directory'),
      /** From the merchant's own folder below TSUKIGIME_INBOX_DIR of the worker; never out of it. */
      path: folder.default('.'),
      pattern,
      pollMinutes,
    }),
    z.strictObject({
      kind: z.literal('sftp'),
      host: z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, { error: 'is a host name or an address' }),
      port: z.int().min(1).max(65_535).default(22),
      user: z.string().min(1).max(100),
      /** A password or a private key, whichever it is. */
      secretName,
      folder: folder.default('/'),
      pattern,
      /** Fingerprints as `ssh-keygen -lf` prints them; several while the server changes its key. */
      hostKeys: z
        .array(z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/, { error: 'is SHA256:…' }))
        .min(1)
        .max(5),
      pollMinutes,
    }),
    z.strictObject({
      kind: z.literal('https'),
      /** May name the month as `pattern` does. Everybody who sees settings sees it: no token in it. */
      url,
      auth: z
        .discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('none') }),
          z.strictObject({
            kind: z.literal('basic'),
            user: z
              .string()
              .min(1)
              .max(100)
              .regex(/^[^:\p{C}]+$/u),
            secretName,
          }),
          z.strictObject({ kind: z.literal('bearer'), secretName }),
        ])
        .prefault({ kind: 'none' }),
      /** PEM of an authority that is trusted besides the public ones: for a certificate of their own. */
      certificateAuthority: z.string().max(20_000).nullable().default(null),
      pollMinutes,
    }),
  ])
  .prefault({ kind: 'upload' });

export type OrderSource = z.output<typeof orderSourceSchema>;

/** How long a file must stand still before it is read: whoever writes it may be slow. */
export const STILL_FOR_MS = 60_000;

/** `{YYYY-MM}` and its kin filled with a month. */
export function fillMonth(text: string, month: BillingMonth): string {
  const [year = '', number = ''] = month.split('-');
  return text
    .replaceAll('{YYYY-MM}', month)
    .replaceAll('{YYYYMM}', `${year}${number}`)
    .replaceAll('{YYYY}', year)
    .replaceAll('{MM}', number);
}

/** Whether a name says by itself of which month its orders are. */
export function namesMonth(text: string): boolean {
  return fillMonth(text, '2026-01') !== fillMonth(text, '2027-02');
}

/** Whether each export of a source tells its month: by its name, its address, or who hands it in. */
export function tellsMonth(source: OrderSource): boolean {
  if (source.kind === 'upload') return true;
  return namesMonth(source.kind === 'https' ? source.url : source.pattern);
}

/** Whether a file name is one of this month's by the pattern. */
export function matchesPattern(name: string, text: string, month: BillingMonth): boolean {
  const parts = fillMonth(text, month)
    .split(/([*?])/)
    .map((part) => (part === '*' ? '.*' : part === '?' ? '.' : literally(part)));
  return new RegExp(`^${parts.join('')}$`, 'su').test(name);
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Where the exports are, without credentials and queries: for records and people. */
export function labelOf(source: Exclude<OrderSource, { kind: 'upload' }>): string {
  switch (source.kind) {
    case 'directory':
      return `directory:${source.path}`;
    case 'sftp':
      return `sftp://${source.host}:${source.port}${source.folder}`;
    case 'https':
      return source.url.replace(/[?#].*$/s, '');
  }
}

function isCallable(text: string): boolean {
  if (!/^https?:\/\//.test(text) || /[{}]/.test(text)) return false;
  const rest = text.slice(text.indexOf('//') + 2);
  const [authority = ''] = rest.split(/[/?#]/);
  return /^(?:[A-Za-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/.test(authority);
}

/** A file at the source: its mark is the time of its last change, ISO, by the source's clock. */
export interface ExportFile {
  readonly name: string;
  readonly bytes: number;
  readonly mark: string;
}

/** A file as earlier looks saw it. */
export interface SeenFile extends ExportFile {
  /** ISO instant of the first look that saw it like this. */
  readonly since: string;
}

/** What a look says about a file: only `take` is read. */
export type ExportVerdict =
  | 'take'
  /** It may still be written, or is empty. */
  | 'settling'
  /** This month has it, or refused it. */
  | 'taken'
  /** An earlier month had it before this one began, and its name says no month. */
  | 'of_another_month'
  /** A newer export of the month is there. */
  | 'outdated'
  /** Its name is not one of this month's. */
  | 'other';

export interface Look {
  readonly month: BillingMonth;
  readonly pattern: string;
  /** ISO instant. */
  readonly now: string;
  readonly files: readonly ExportFile[];
  readonly seen: readonly SeenFile[];
  /** What this month took or refused. */
  readonly taken: readonly ExportFile[];
  /** What other months took before this one began. */
  readonly takenBefore: readonly ExportFile[];
}

/**
 * Judges what a look at a folder found, oldest first. An export that is older than one that the month
 * has is never read after it: its news would be old. Where names say no month, only the newest counts.
 */
export function judgeExports(look: Look): { file: ExportFile; verdict: ExportVerdict }[] {
  const files = [...look.files].sort(byMark);
  const newestTaken = [...look.taken].sort(byMark).at(-1)?.mark ?? '';
  const ofMonth = files.filter(({ name }) => matchesPattern(name, look.pattern, look.month));
  const newest = namesMonth(look.pattern) ? undefined : ofMonth.at(-1);
  const since = new Map(look.seen.map((file) => [identityOf(file), file.since]));
  const judge = (file: ExportFile): ExportVerdict => {
    if (!ofMonth.includes(file)) return 'other';
    if (includes(look.taken, file)) return 'taken';
    if (!namesMonth(look.pattern) && includes(look.takenBefore, file)) return 'of_another_month';
    if (file.mark < newestTaken || (newest !== undefined && file !== newest)) return 'outdated';
    const stillMs = Date.parse(look.now) - Date.parse(since.get(identityOf(file)) ?? look.now);
    return file.bytes === 0 || stillMs < STILL_FOR_MS ? 'settling' : 'take';
  };
  return files.map((file) => ({ file, verdict: judge(file) }));
}

/** Files of a folder that are remembered: a folder is no archive to us. */
const REMEMBERED = 500;

/** What the next look must know: since when each file that may be an export looks as it does. */
export function rememberFiles(
  files: readonly ExportFile[],
  { seen, now, pattern: text }: { seen: readonly SeenFile[]; now: string; pattern: string },
): SeenFile[] {
  const since = new Map(seen.map((file) => [identityOf(file), file.since]));
  const anyMonth = text.replaceAll(/\{[YM-]+\}/g, '*');
  return [...files]
    .filter(({ name }) => matchesPattern(name, anyMonth, '2026-01'))
    .sort(byMark)
    .slice(-REMEMBERED)
    .map((file) => ({ ...file, since: since.get(identityOf(file)) ?? now }));
}

function includes(files: readonly ExportFile[], file: ExportFile): boolean {
  return files.some((other) => identityOf(other) === identityOf(file));
}

function identityOf({ name, bytes, mark }: ExportFile): string {
  return `${bytes} ${mark} ${name}`;
}

function byMark(one: ExportFile, other: ExportFile): number {
  if (one.mark !== other.mark) return one.mark < other.mark ? -1 : 1;
  return one.name < other.name ? -1 : 1;
}

import { z } from 'zod';
import { secretNamePattern } from './secret.ts';

const folder = z
  .string()
  .min(1)
  .max(500)
  .regex(/^\P{C}+$/u, { error: 'holds a control character' });

const nameOfReply = z
  .string()
  .min(1)
  .max(150)
  .regex(/^[^/\\\p{C}]*\{name\}[^/\\\p{C}]*$/u, { error: 'is a file name that holds {name}' });

/**
 * How files go to Paygent and come back over SFTP. Whether and how Paygent offers it is not public:
 * all of this is our own convention until the merchant has its contract [assumed].
 */
export const paygentSftpSchema = z.strictObject({
  host: z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, { error: 'is a host name or an address' }),
  port: z.int().min(1).max(65_535).default(22),
  user: z.string().min(1).max(100),
  /** A password or a private key, whichever it is. */
  secretName: z.string().regex(secretNamePattern, { error: 'is 1 to 64 of a-z, 0-9 and -' }),
  /** Fingerprints as `ssh-keygen -lf` prints them; several while the server changes its key. */
  hostKeys: z
    .array(z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/, { error: 'is SHA256:…' }))
    .min(1)
    .max(5),
  /** Where files are put. */
  dropFolder: folder,
  /** Where their results appear. */
  resultFolder: folder,
  /** How a result is called: `{name}` is the name of the file that was sent, without `.csv`. */
  resultName: nameOfReply.default('{name}-result.csv'),
  /**
   * How a notice of format errors is called that the PSP leaves in the result folder, with {name} as
   * above; null: it leaves none. What it says is shown to people, who record it.
   */
  errorName: nameOfReply.nullable().default(null),
  /**
   * Whether a file stays in its folder, under its name, until its result is there. Only then does its
   * absence prove that it never came, and it may be sent again; else a person decides. No default:
   * a wrong answer bills everybody twice.
   */
  filesStay: z.boolean(),
});

export type PaygentSftp = z.output<typeof paygentSftpSchema>;

/** The name under which the result of a file appears. */
export function resultNameOf({ resultName }: Pick<PaygentSftp, 'resultName'>, fileName: string) {
  return replyName(resultName, fileName);
}

/** The name under which a notice of its format errors appears; null: none does. */
export function errorNameOf({ errorName }: Pick<PaygentSftp, 'errorName'>, fileName: string) {
  return errorName === null ? null : replyName(errorName, fileName);
}

const replyName = (pattern: string, fileName: string) =>
  pattern.replace('{name}', fileName.replace(/\.csv$/, ''));

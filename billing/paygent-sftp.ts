import { z } from 'zod';
import { secretNamePattern } from './secret.ts';

const folder = z
  .string()
  .min(1)
  .max(500)
  .regex(/^\P{C}+$/u, { error: 'holds a control character' });

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
  resultName: z
    .string()
    .min(1)
    .max(150)
    .regex(/^[^/\\\p{C}]*\{name\}[^/\\\p{C}]*$/u, { error: 'is a file name that holds {name}' })
    .default('{name}-result.csv'),
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
  return resultName.replace('{name}', fileName.replace(/\.csv$/, ''));
}

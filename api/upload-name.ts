import { fileNameSchema } from './contract/files.ts';
import { Problem } from './problem.ts';

/** A name from a form passes the same check as one from the query. */
export function readUploadName(name: string | null): string {
  const parsed = fileNameSchema.safeParse(name ?? '');
  if (parsed.success) return parsed.data;
  const message = parsed.error.issues[0]?.message ?? 'is missing';
  throw new Problem('invalid-fields', { errors: [{ path: 'query.name', message }] });
}

import type { z } from 'zod';

/** One variable of the environment: what it may hold, and how README tells of it. */
export interface Variable<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** One sentence for README's table. */
  readonly meaning: string;
  /** What happens without it, for README's table. */
  readonly default: string;
}

export function variable<Schema extends z.ZodType>(
  schema: Schema,
  meaning: string,
  defaultText: string,
): Variable<Schema> {
  return { schema, meaning, default: defaultText };
}

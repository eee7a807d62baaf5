import { types } from 'node:util';

/** Deeper than any library nests; ends a chain that runs in a circle. */
const CAUSES = 5;
const FRAMES = 12;

/**
 * What may be logged of an error, with the errors beneath it. Postgres quotes values of rows in its messages
 * and details, so neither leaves: of a database error its code, table and constraint tell enough.
 */
export function describeError(error: unknown): Record<string, unknown> {
  return describe(error, CAUSES);
}

function describe(error: unknown, depth: number): Record<string, unknown> {
  if (!isError(error)) return { name: typeof error };
  const { code, constraint, table, cause } = error as unknown as Record<string, unknown>;
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  return {
    name: error.name,
    ...(mayQuote(error) ? { table, constraint } : { message: error.message }),
    ...(code === undefined ? {} : { code }),
    ...(cause === undefined || depth === 0 ? {} : { cause: describe(cause, depth - 1) }),
    frames: frames.slice(0, FRAMES).map((line) => line.trim()),
  };
}

/** Errors of other realms too: the workflow sandbox has its own `Error`. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

/** Whether the message is one of Postgres, or repeats one from beneath it. */
function mayQuote(error: Error): boolean {
  let beneath: unknown = error;
  for (let depth = 0; depth <= CAUSES && isError(beneath); depth += 1) {
    if (isOfPostgres(beneath) && error.message.includes(beneath.message)) return true;
    beneath = beneath.cause;
  }
  return false;
}

/**
 * The driver sets `severity`; of an error that has travelled through Temporal only its class is left, as the
 * type of the failure.
 */
function isOfPostgres(error: Error): boolean {
  const { severity, type } = error as { severity?: unknown; type?: unknown };
  return severity !== undefined || type === 'DatabaseError';
}

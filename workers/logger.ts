import { trace } from '@opentelemetry/api';
import { asyncLocalStorage } from '@temporalio/activity';
import {
  type DestinationStream,
  type Logger,
  type LoggerOptions as PinoOptions,
  pino,
  stdTimeFunctions,
} from 'pino';
import { describeError, isError } from '../temporal/describe-error.ts';
import { describeActivity } from './interceptors.ts';

/** Names of fields whose value never reaches a log, wherever they stand in what is logged. */
const secretFields = ['authorization', 'cookie', 'password', 'secret', 'token', 'key', 'keys'];

/**
 * What looks personal or like a card number, in any text. The rule is that such things are never
 * logged at all; this is the net under messages of libraries that quote what they were given.
 */
const masks: readonly (readonly [RegExp, string])[] = [
  [/(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])/g, '[digits]'],
  [/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, '[mail]'],
  [/(?<![\w.:-])0\d{1,4}-\d{1,4}-\d{3,4}(?![\w-])/g, '[phone]'],
  [/(?<=postgres(?:ql)?:\/\/[^:/\s]*:)[^@\s"]+(?=@)/g, '[password]'],
];

export function maskText(text: string): string {
  return masks.reduce(
    (masked, [pattern, replacement]) => masked.replace(pattern, replacement),
    text,
  );
}

export interface LoggerOptions {
  readonly level: string;
  /** Which process speaks: `worker`, `api`. */
  readonly name: string;
  /** Standard output unless given. */
  readonly destination?: DestinationStream;
}

/** Where a line belongs that is written within an activity, or within what is traced. */
function describePlace(): object {
  const activity = asyncLocalStorage.getStore();
  const traceId = trace.getActiveSpan()?.spanContext().traceId;
  return {
    ...(activity === undefined ? {} : describeActivity(activity)),
    ...(traceId === undefined ? {} : { traceId }),
  };
}

/** `error` is often described already. */
function describeIfError(value: unknown): unknown {
  return isError(value) ? describeError(value) : value;
}

/** A line without words of its own would get the message of its error for them. */
const nameForWords: NonNullable<NonNullable<PinoOptions['hooks']>['logMethod']> = function (
  args,
  method,
) {
  const [fields, text] = args as unknown as [unknown, string | undefined];
  const err = isError(fields) ? fields : (fields as { readonly err?: unknown } | null)?.err;
  if (text !== undefined || !isError(err)) method.apply(this, args);
  else method.apply(this, [isError(fields) ? { err } : fields, err.name]);
};

/** JSON lines with ISO times and masked texts. */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      name: options.name,
      // ISO times, also because the digits of an epoch would be masked.
      timestamp: stdTimeFunctions.isoTime,
      mixin: describePlace,
      redact: {
        paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: '[secret]',
      },
      serializers: { err: describeError, error: describeIfError },
      hooks: { streamWrite: maskText, logMethod: nameForWords },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  );
}

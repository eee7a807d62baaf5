import type { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptors, ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Logger } from 'pino';

/** What a log line says of an activity: where it belongs and which attempt it is; no payload. */
export function describeActivity(context: Context): Record<string, unknown> {
  const { activityType, activityId, attempt, taskQueue, workflowExecution } = context.info;
  const { workflowId, runId } = workflowExecution ?? {};
  return { activity: activityType, activityId, attempt, taskQueue, workflowId, runId };
}

/** Logs the end of every attempt with its duration and, when it failed, the failure's type. */
export function createActivityLog(logger: Logger): ActivityInterceptorsFactory {
  return (context): ActivityInterceptors => ({
    inbound: {
      async execute(input, next) {
        const startedMs = performance.now();
        const about = describeActivity(context);
        const line = () => ({ ...about, durationMs: Math.round(performance.now() - startedMs) });
        try {
          const result = await next(input);
          logger.info(line(), 'activity done');
          return result;
        } catch (error) {
          const failure =
            error instanceof ApplicationFailure
              ? { failureType: error.type, retryable: !error.nonRetryable }
              : { failureType: error instanceof Error ? error.name : typeof error };
          logger.warn({ ...line(), ...failure, err: error }, 'activity attempt failed');
          throw error;
        }
      },
    },
    outbound: {
      getLogAttributes: (attributes) => ({ ...attributes, ...describeActivity(context) }),
    },
  });
}

import type {
  Next,
  WorkflowInboundCallsInterceptor,
  WorkflowInterceptors,
  WorkflowOutboundCallsInterceptor,
} from '@temporalio/workflow';

/**
 * Counts what a workflow has running: its activities and its handlers. Installed as an interceptor
 * so that no workflow can forget to count. Module state is per workflow run: each has its own
 * isolated copy of every module.
 */
const running = new Map<string, number>();
let turns = 0;

/** Names of the running activities and handlers, each as often as it runs. */
export function runningNames(): string[] {
  return [...running].flatMap(([name, count]) => Array<string>(count).fill(name));
}

export function countTurn(): void {
  turns += 1;
}

/** How much has happened in this run. */
export function turnsTaken(): number {
  return turns;
}

async function counted<T>(name: string, work: () => Promise<T>): Promise<T> {
  turns += 1;
  running.set(name, (running.get(name) ?? 0) + 1);
  try {
    return await work();
  } finally {
    turns += 1;
    const left = (running.get(name) ?? 1) - 1;
    if (left === 0) running.delete(name);
    else running.set(name, left);
  }
}

const outbound: WorkflowOutboundCallsInterceptor = {
  scheduleActivity: (
    input,
    next: Next<WorkflowOutboundCallsInterceptor, 'scheduleActivity'>,
  ): Promise<unknown> => counted(`activity ${input.activityType}`, () => next(input)),
  scheduleLocalActivity: (input, next) =>
    counted(`activity ${input.activityType}`, () => next(input)),
  signalWorkflow: (input, next) => counted(`signal out ${input.signalName}`, () => next(input)),
};

const inbound: WorkflowInboundCallsInterceptor = {
  handleSignal: (input, next) => counted(`signal ${input.signalName}`, () => next(input)),
  handleUpdate: (input, next) => counted(`update ${input.name}`, () => next(input)),
};

/** Loaded by the bundle as an interceptor module. */
export const interceptors = (): WorkflowInterceptors => ({
  inbound: [inbound],
  outbound: [outbound],
});

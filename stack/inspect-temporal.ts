import { filesTaskQueueOf, mainTaskQueue } from '../workflows/workflow-ids.ts';
import { type Finding, fine, problem, reasonOf, startThem } from './finding.ts';
import type { RunningStackInfo } from './running-stack.ts';
import { inspectNamespace, listPollers, retentionDays } from './temporal-namespace.ts';

const taskQueues = [mainTaskQueue, filesTaskQueueOf(mainTaskQueue)];

/** Looks at the namespace and at who works for it. */
export async function checkTemporal(running: RunningStackInfo): Promise<Finding[]> {
  const { temporalAddress: address, temporalNamespace: namespace } = running;
  if (address === undefined) return [problem('Temporal', 'not running', startThem)];
  try {
    const place = { address, namespace, access: running.temporalAccess };
    const state = await inspectNamespace(place);
    const missing = state.missingSearchAttributes;
    return [
      fine('Temporal', `${address}, namespace ${namespace}`),
      missing.length === 0
        ? fine('Search attributes', 'present')
        : problem(
            'Search attributes',
            `missing or of another type: ${missing.join(', ')}`,
            'temporal operator search-attribute create --name Merchant --type Keyword (BillingMonth ' +
              'and Stage likewise, Attention as Bool).',
          ),
      state.retentionDays >= retentionDays
        ? fine('Retention', `${state.retentionDays} days`)
        : problem(
            'Retention',
            `${state.retentionDays} days; finished cycles vanish from the Temporal UI too early`,
            `temporal operator namespace update -n ${namespace} --retention ${retentionDays}d`,
          ),
      judgeWorkers(await listPollers(place, taskQueues)),
    ];
  } catch (error) {
    const remedy = 'Start that server, or correct TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.';
    return [problem('Temporal', `${address} does not answer (${reasonOf(error)})`, remedy)];
  }
}

/** Work that nobody takes waits in silence. */
export function judgeWorkers(pollers: ReadonlyMap<string, readonly string[]>): Finding {
  const alone = [...pollers].filter(([, workers]) => workers.length === 0).map(([queue]) => queue);
  if (alone.length === 0) {
    const workers = new Set([...pollers.values()].flat());
    return fine('Worker', `${workers.size} at work: ${[...workers].join(', ')}`);
  }
  const text = `nobody takes work from ${alone.join(' and ')}: months, files and mails stand still`;
  return problem('Worker', text, 'Start one: `npx tsukigime up`, or the service `worker`.');
}

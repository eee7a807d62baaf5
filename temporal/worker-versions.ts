import { type Client, isGrpcServiceError } from '@temporalio/client';
import { mainTaskQueue } from '../workflows/workflow-ids.ts';

/**
 * Versions of the workers, so that an old and a new one may run side by side: workflows go on with the
 * one that is current (docs/operations.md, "A new version").
 */

/** All workers of a namespace are one deployment: they serve the same queues. */
export const workerDeployment = 'tsukigime';

export interface WorkerVersion {
  readonly deployment: string;
  /** The build's own name: `2026-11-23`, a commit. */
  readonly build: string;
}

export interface KnownVersion {
  readonly build: string;
  /** New workflow tasks go there. */
  readonly current: boolean;
  /** ISO instant; null = it was never current. */
  readonly currentSince: string | null;
}

/** gRPC statuses NOT_FOUND and FAILED_PRECONDITION. */
const notFound = 5;
const failedPrecondition = 9;
/** temporal.api.enums.v1: WORKER_VERSIONING_MODE_VERSIONED, TASK_QUEUE_TYPE_WORKFLOW. */
const versioned = 2;
const workflowQueue = 1;

/**
 * The versions that the server knows, in the order in which they first came; empty when every worker
 * is without one.
 */
export async function listWorkerVersions(
  { workflowService, options }: Client,
  deploymentName = workerDeployment,
): Promise<KnownVersion[]> {
  try {
    const { workerDeploymentInfo: info } = await workflowService.describeWorkerDeployment({
      namespace: options.namespace,
      deploymentName,
    });
    const current = info?.routingConfig?.currentDeploymentVersion?.buildId;
    const versions = (info?.versionSummaries ?? []).map((one) => ({
      build: one.deploymentVersion?.buildId ?? '',
      since: Number(one.currentSinceTime?.seconds ?? one.lastCurrentTime?.seconds ?? 0),
      created: Number(one.createTime?.seconds ?? 0),
    }));
    return versions
      .sort((a, b) => a.created - b.created)
      .map(({ build, since }) => ({
        build,
        current: build === current,
        currentSince: since === 0 ? null : new Date(since * 1000).toISOString(),
      }));
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === notFound) return [];
    throw error;
  }
}

/**
 * Lets all workflows go on with the workers of one build; null = with those that name no build. The
 * server refuses a build whose workers do not ask for the work of every queue.
 *
 * @throws ServiceError with the server's own account of what is missing.
 */
export async function promoteWorkerVersion(
  { workflowService, options }: Client,
  build: string | null,
  deploymentName = workerDeployment,
): Promise<void> {
  await workflowService.setWorkerDeploymentCurrentVersion({
    namespace: options.namespace,
    deploymentName,
    buildId: build ?? '',
    identity: options.identity,
  });
}

/**
 * What came of a build's wish to be the first:
 * - `promoted`: it is current from now on
 * - `decided`: somebody has said which one is, once; that stands, whatever it was
 * - `others_work`: workers without a build ask for the work, or did so a moment ago
 * - `not_known_yet`: the server has not heard of all queues of this build, or another one was faster
 */
export type FirstPromotion = 'promoted' | 'decided' | 'others_work' | 'not_known_yet';

/**
 * Makes a build current where nobody has ever said which one is: on a new namespace nobody would work
 * otherwise. It never takes work away: not from another build, not from workers without one, and not
 * against `promote --unversioned`. Of two builds that try it at once one wins.
 */
export async function promoteFirstBuild(
  { workflowService, options: { namespace, identity } }: Client,
  build: string,
  { deploymentName = workerDeployment, taskQueue = mainTaskQueue } = {},
): Promise<FirstPromotion> {
  try {
    const { workerDeploymentInfo: info, conflictToken } =
      await workflowService.describeWorkerDeployment({ namespace, deploymentName });
    if (info?.routingConfig?.currentVersionChangedTime) return 'decided';
    const { pollers } = await workflowService.describeTaskQueue({
      ...{ namespace, taskQueue: { name: taskQueue }, taskQueueType: workflowQueue },
    });
    const modes = (pollers ?? []).map((one) => one.deploymentOptions?.workerVersioningMode);
    if (modes.some((mode) => mode !== versioned)) return 'others_work';
    await workflowService.setWorkerDeploymentCurrentVersion({
      ...{ namespace, deploymentName, buildId: build, identity, conflictToken },
    });
    return 'promoted';
  } catch (error) {
    const code = isGrpcServiceError(error) ? error.code : undefined;
    if (code === notFound || code === failedPrecondition) return 'not_known_yet';
    throw error;
  }
}

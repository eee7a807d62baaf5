import { type Client, isGrpcServiceError } from '@temporalio/client';

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

/** gRPC status NOT_FOUND. */
const notFound = 5;

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

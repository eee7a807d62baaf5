import { askServer } from '../../db/queries/readiness.ts';
import { answersInTime, probeTimeoutMs } from '../../temporal/answers-in-time.ts';
import type { serviceRoutes } from '../contract/service.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Handlers } from '../handler.ts';
import { buildOpenApi } from '../openapi.ts';
import { renderOpenApiPage } from '../openapi-page.ts';
import { withPatience } from '../patience.ts';

export const serviceHandlers: Handlers<typeof serviceRoutes> = {
  async readHealth() {
    return { status: 200, body: { alive: true } };
  },

  async readReadiness({ deps, state }) {
    const [postgres, temporal] = await Promise.all([probePostgres(deps), probeTemporal(deps)]);
    const ready = postgres && temporal && !state.stopping;
    return {
      status: ready ? 200 : 503,
      body: {
        ready,
        postgres: postgres ? 'ok' : 'away',
        temporal: temporal ? 'ok' : 'away',
        stopping: state.stopping,
      },
    };
  },

  async readOpenApi() {
    return { status: 200, body: buildOpenApi() };
  },

  async readApiPage() {
    return { status: 200, text: readPage() };
  },

  async readMetrics({ deps, state }) {
    await state.metrics.record.refresh(deps);
    return { status: 200, text: await state.metrics.registry.metrics() };
  },
};

let page: string | undefined;

/** Made once: the contract does not change while we run. */
function readPage(): string {
  page ??= renderOpenApiPage(buildOpenApi());
  return page;
}

async function probePostgres(deps: ApiDependencies): Promise<boolean> {
  return await answersInTime(askServer(deps.db), probeTimeoutMs);
}

async function probeTemporal({ temporal }: ApiDependencies): Promise<boolean> {
  const probe = withPatience(temporal, probeTimeoutMs, () =>
    temporal.workflowService.getSystemInfo({}),
  );
  return await answersInTime(probe, probeTimeoutMs);
}

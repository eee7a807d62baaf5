import { jobLabels } from '../../billing/job.ts';
import { type Job, listJobs } from '../../db/queries/jobs.ts';
import type { jobRoutes } from '../contract/jobs.ts';
import type { Handlers } from '../handler.ts';

export const jobHandlers: Handlers<typeof jobRoutes> = {
  async listJobs({ deps, merchant, query }) {
    const { kind = null, before = null, limit } = query;
    const found = await listJobs(deps.db, merchant.id, { kind, before, limit: limit + 1 });
    const jobs = found.slice(0, limit).map((job) => showJob(job, merchant.slug));
    const nextBefore = found.length > limit ? (jobs.at(-1)?.startedAt ?? null) : null;
    return { status: 200, body: { jobs, nextBefore } };
  },
};

function showJob(job: Job, slug: string) {
  const isRefresh = job.kind === 'card_refresh';
  const location = `/v1/merchants/${slug}/${isRefresh ? 'card-refreshes' : 'imports'}/${job.key}`;
  const csv = isRefresh ? `${location}/results.csv` : null;
  return { ...job, name: jobLabels[job.kind], location, csv };
}

import type { RouteSample } from './route-samples.ts';

const merchant = (path: string) => (slug: string) => `/v1/merchants/${slug}${path}`;

/** Routes about what starts without a person, and what is started again. */
export const scheduleSamples = {
  recoverWorkflows: { path: merchant('/recovery'), answer: 200 },
  listSchedules: { path: merchant('/schedules'), answer: 200 },
  syncSchedules: { path: merchant('/schedules/sync'), answer: 200 },
  pauseSchedule: {
    path: merchant('/schedules/cycle/pause'),
    json: () => ({ reason: 'walk' }),
    answer: 'schedule-not-wanted',
  },
  resumeSchedule: {
    path: merchant('/schedules/cycle/resume'),
    json: () => ({ reason: 'walk' }),
    answer: 'schedule-not-wanted',
  },
} as const satisfies Record<string, RouteSample>;

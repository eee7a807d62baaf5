import type { RouteName } from '../../api/contract.ts';
import type { RouteSample } from './route-samples.ts';

const merchant = (path: string) => (slug: string) => `/v1/merchants/${slug}${path}`;

/** Of what comes to us by itself: order exports that are fetched, and calls of ZEUS. */
export const sourceSamples = {
  readOrderSource: { path: merchant('/order-source'), answer: 200 },
  testOrderSource: {
    path: merchant('/order-source/test'),
    json: () => ({ month: '2026-11' }),
    answer: 200,
  },
  lookAtOrderSource: {
    path: merchant('/order-source/looks'),
    json: () => ({ month: '2026-10' }),
    answer: 'cycle-not-found',
  },

  listCarrierResults: { path: merchant('/carrier-results?orderNumber=1'), answer: 200 },
  readCarrierResult: {
    path: merchant('/carrier-results/00000000-0000-4000-8000-000000000000'),
    answer: 'carrier-result-not-found',
  },
  listCarrierCalls: { path: merchant('/carrier-calls?unusable=true'), answer: 200 },
  listCarrierResendTasks: { path: merchant('/carrier-resend-tasks'), answer: 200 },
  closeCarrierResendTasks: {
    path: merchant('/carrier-resend-tasks/closings'),
    json: () => ({ tasks: ['00000000-0000-4000-8000-000000000000'], reason: 'walk' }),
    answer: 'resend-task-not-found',
  },
} satisfies Partial<Record<RouteName, RouteSample>>;

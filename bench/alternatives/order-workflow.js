import { proxyActivities } from '@temporalio/workflow';

const { insert, authorize, capture } = proxyActivities({ startToCloseTimeout: '1 minute' });

/** The month of one order. */
export async function billOrder(order) {
  await insert(order);
  const state = await authorize(order.orderNumber);
  if (state === 'authorized') await capture(order.orderNumber);
}

// A script as many a shop has one: each row a statement, each statement committed by itself.
import { authorize, runJob, statements } from './measured-job.js';

await runJob(async (_job, pool) => {
  const client = await pool.connect();
  return async (orders) => {
    for (const { orderNumber, customerNumber, yen } of orders) {
      await client.query(statements.insert, [orderNumber, customerNumber, yen]);
    }
    const authorized = [];
    for (const { orderNumber } of orders) {
      const { state, paymentId } = authorize(orderNumber);
      await client.query(statements.authorize, [orderNumber, state, paymentId]);
      if (state === 'authorized') authorized.push(orderNumber);
    }
    for (const orderNumber of authorized) await client.query(statements.capture, [orderNumber]);
  };
});

// One DBOS workflow for each order, its three statements as steps, fifty workflows at a time.
import { DBOS } from '@dbos-inc/dbos-sdk';
import { authorize, inParallel, runJob, statements } from './measured-job.js';

const atOnce = 50;

await runJob(async ({ databaseUrl }, pool) => {
  const billOrder = DBOS.registerWorkflow(
    async ({ orderNumber, customerNumber, yen }) => {
      const run = (name, text, values) =>
        DBOS.runStep(async () => void (await pool.query(text, values)), { name });
      await run('insert', statements.insert, [orderNumber, customerNumber, yen]);
      const { state, paymentId } = authorize(orderNumber);
      await run('authorize', statements.authorize, [orderNumber, state, paymentId]);
      if (state === 'authorized') await run('capture', statements.capture, [orderNumber]);
    },
    { name: 'billOrder' },
  );
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: databaseUrl,
    systemDatabasePoolSize: 20,
    logLevel: 'error',
  });
  await DBOS.launch();
  return async (orders) => {
    await inParallel(orders, atOnce, async (order) => {
      const handle = await DBOS.startWorkflow(billOrder, { workflowID: order.orderNumber })(order);
      await handle.getResult();
    });
  };
});

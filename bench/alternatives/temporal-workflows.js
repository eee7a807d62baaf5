// One Temporal workflow for each order on the dev server, its three statements as activities, a hundred
// workflows at a time.
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { authorize, inParallel, runJob, statements } from './measured-job.js';

const taskQueue = 'bench-orders';
const atOnce = 100;

await runJob(async ({ temporalAddress: address }, pool) => {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    taskQueue,
    workflowsPath: fileURLToPath(new URL('./order-workflow.js', import.meta.url)),
    activities: {
      insert: async ({ orderNumber, customerNumber, yen }) => {
        await pool.query(statements.insert, [orderNumber, customerNumber, yen]);
      },
      authorize: async (orderNumber) => {
        const { state, paymentId } = authorize(orderNumber);
        await pool.query(statements.authorize, [orderNumber, state, paymentId]);
        return state;
      },
      capture: async (orderNumber) => {
        await pool.query(statements.capture, [orderNumber]);
      },
    },
  });
  void worker.run();
  const client = new Client({ connection: await Connection.connect({ address }) });
  return async (orders) => {
    await inParallel(orders, atOnce, async (order) => {
      await client.workflow.execute('billOrder', {
        taskQueue,
        workflowId: `order-${order.orderNumber}`,
        args: [order],
      });
    });
  };
});

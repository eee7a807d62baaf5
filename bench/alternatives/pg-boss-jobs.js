// One pg-boss job for each order: sent a thousand at a time, worked by four workers in batches.
import PgBoss from 'pg-boss';
import { authorize, inParallel, runJob, statements } from './measured-job.js';

const queue = 'bill-order';

await runJob(async ({ databaseUrl }, pool) => {
  const boss = new PgBoss({ connectionString: databaseUrl, schedule: false, supervise: false });
  await boss.start();
  await boss.createQueue(queue);
  const bill = async ({ orderNumber, customerNumber, yen }) => {
    await pool.query(statements.insert, [orderNumber, customerNumber, yen]);
    const { state, paymentId } = authorize(orderNumber);
    await pool.query(statements.authorize, [orderNumber, state, paymentId]);
    if (state === 'authorized') await pool.query(statements.capture, [orderNumber]);
  };
  return async (orders) => {
    let left = orders.length;
    let finish;
    const finished = new Promise((resolve) => {
      finish = resolve;
    });
    for (let index = 0; index < orders.length; index += 1000) {
      const page = orders.slice(index, index + 1000);
      await boss.insert(page.map((data) => ({ name: queue, data })));
    }
    for (let worker = 0; worker < 4; worker += 1) {
      await boss.work(queue, { batchSize: 250, pollingIntervalSeconds: 0.5 }, async (jobs) => {
        await inParallel(jobs, 5, ({ data }) => bill(data));
        left -= jobs.length;
        if (left === 0) finish();
      });
    }
    await finished;
  };
});

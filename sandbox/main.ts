import { parseArgs } from 'node:util';
import { parseSmtpAddress, runSandbox } from './run-sandbox.ts';

/**
 * The sandbox as a process of its own: `node --import tsx sandbox/main.ts --data-dir DIR`. It writes
 * one ready line with its address when it listens, and ends on SIGTERM or SIGINT.
 */

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'data-dir': { type: 'string' },
    smtp: { type: 'string' },
    now: { type: 'string' },
    'real-time': { type: 'boolean', default: false },
  },
});
if (!values['data-dir']) {
  throw new Error('--data-dir is missing: where the sandbox keeps its state');
}
const smtp = values.smtp === undefined ? undefined : parseSmtpAddress(values.smtp);
if (smtp === null) throw new Error(`--smtp takes host:port, not ${values.smtp}`);
await runSandbox({
  port: Number(values.port),
  dataDir: values['data-dir'],
  smtp,
  now: values.now && new Date(values.now).toISOString(),
  realTime: values['real-time'],
});

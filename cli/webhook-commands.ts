import type { Command } from 'commander';
import { WEBHOOK_EVENT_TYPES } from '../billing/webhook-event.ts';
import type { Lazily } from './access-commands.ts';

interface Parsers {
  readonly lazily: Lazily;
  readonly wholeNumber: (text: string) => number;
  readonly oneOf: (...values: readonly string[]) => (text: string) => string;
}

/** What the shop's own systems are told. */
export function addWebhookCommands(program: Command, parsers: Parsers): void {
  const { lazily, wholeNumber, oneOf } = parsers;
  const load = () => import('./webhooks.ts');
  const webhooks = program.command('webhooks').description("what the shop's systems are told");
  const command = (name: string, description: string) =>
    webhooks
      .command(name)
      .description(description)
      .requiredOption('--merchant <slug>', 'whose')
      .option('--json', 'print JSON');
  const ofOne = (name: string, description: string) =>
    command(name, description).requiredOption('--name <name>', 'which webhook');
  command('list', 'list webhooks, and how many events wait or were given up').action(
    lazily(load, (module) => module.runWebhooksList),
  );
  ofOne('add', 'tell a system of the shop from now on; its secret is set before, by name')
    .requiredOption('--url <url>', 'where to; https, in the sandbox http://127.0.0.1')
    .requiredOption('--events <types...>', WEBHOOK_EVENT_TYPES.join(', '))
    .requiredOption('--secret <name>', 'which secret of the merchant signs')
    .requiredOption('--reason <text>', 'for the audit')
    .action(lazily(load, (module) => module.runWebhooksAdd));
  ofOne('move', 'pause, resume or retire a webhook; retired is for good')
    .requiredOption(
      '--to <state>',
      'active, paused or retired',
      oneOf('active', 'paused', 'retired'),
    )
    .requiredOption('--reason <text>', 'for the audit')
    .action(lazily(load, (module) => module.runWebhooksMove));
  ofOne('test', 'send an event that tells of nothing, and say how it went').action(
    lazily(load, (module) => module.runWebhooksTest),
  );
  ofOne('log', 'show what was sent and what came back, newest first')
    .option(
      '--state <state>',
      'due, delivered, failed or settled',
      oneOf('due', 'delivered', 'failed', 'settled'),
    )
    .option('--limit <n>', 'rows at most (default 20)', wholeNumber)
    .action(lazily(load, (module) => module.runWebhooksLog));
  ofOne('resend', 'send events again, under their old keys')
    .option('--event <ids...>', 'these events')
    .option('--failed', 'the oldest 1,000 that were given up')
    .requiredOption('--reason <text>', 'for the audit')
    .action(lazily(load, (module) => module.runWebhooksResend));
}

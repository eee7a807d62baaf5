import type { Command } from 'commander';
import type { Lazily } from './access-commands.ts';

/** Which build of the workers carries the workflows on. */
export function addWorkerCommands(program: Command, { lazily }: { readonly lazily: Lazily }): void {
  const load = () => import('./worker-versions.ts');
  const workers = program.command('workers').description('builds of the workers, side by side');
  workers
    .command('list')
    .description('the builds that Temporal knows, and which one is current')
    .option('--json', 'print JSON')
    .action(lazily(load, (module) => module.runWorkersList));
  workers
    .command('promote')
    .description('let all workflows go on with the workers of one build')
    .option('--build <name>', 'their TSUKIGIME_WORKER_BUILD')
    .option('--unversioned', 'the workers without one')
    .action(lazily(load, (module) => module.runWorkersPromote));
}

import type { Command } from 'commander';

type Lazily = <Module>(
  load: () => Promise<Module>,
  pick: (module: Module) => (options: never) => Promise<number>,
) => (options: unknown) => Promise<void>;

/** The whole API from another machine, by the names of its routes. */
export function addCallCommand(program: Command, { lazily }: { lazily: Lazily }): void {
  const run = lazily(
    () => import('./call.ts'),
    (module) => module.runCall,
  );
  const list = lazily(
    () => import('./call.ts'),
    (module) => module.runCallList,
  );
  program
    .command('call [route] [values...]')
    .description(
      'call a route of the API at TSUKIGIME_URL with TSUKIGIME_TOKEN; values as name=value',
    )
    .option('--list', 'print every route: its name, its address and what it does')
    .option('--body <json>', 'what to send')
    .option('--file <path>', 'a file to send, or with the JSON to send')
    .option('--key <key>', 'of an act that is repeated: the one that the first try printed')
    .option('--out <path>', 'where a download goes; - is standard output')
    .action((route: string | undefined, values: string[], options: { readonly list?: boolean }) =>
      options.list || route === undefined ? list(options) : run({ route, values, ...options }),
    );
}

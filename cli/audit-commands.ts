import type { Command } from 'commander';

type Lazily = <Module>(
  load: () => Promise<Module>,
  pick: (module: Module) => (options: never) => Promise<number>,
) => (options: unknown) => Promise<void>;

/** The record of what people did: take it out, and verify a copy anywhere. */
export function addAuditCommands(program: Command, { lazily }: { lazily: Lazily }): void {
  const audit = program.command('audit').description('what people did, when and why');
  const runExport = lazily(
    () => import('./audit-export.ts'),
    (module) => module.runAuditExport,
  );
  audit
    .command('export <file>')
    .description('write the audit of a merchant to a new file, as NDJSON')
    .option('--merchant <slug>', 'whose; without it, the acts that concern no single merchant')
    .action((file: string, options: object) => runExport({ file, ...options }));
  const runVerify = lazily(
    () => import('./audit-verify.ts'),
    (module) => module.runAuditVerify,
  );
  audit
    .command('verify <file>')
    .description('recompute the hash chain of an export; needs no database')
    .option('--head <hash>', 'the head hash that was published: finds entries cut off at the end')
    .option('--heads <file>', "published heads: of `audit heads`, or the worker's log")
    .action((file: string, options: object) => runVerify({ file, ...options }));
  audit
    .command('heads')
    .description('print the published head hashes of all chains as NDJSON, newest first')
    .option('--merchant <slug>', 'of this merchant alone')
    .action(
      lazily(
        () => import('./audit-heads.ts'),
        (module) => module.runAuditHeads,
      ),
    );
}

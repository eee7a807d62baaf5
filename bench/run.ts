// Every benchmark, one after the other: `npm run bench`. One alone: `npm run bench -- --only lists
// [its options]`; the month alone: `npm run bench -- --orders 1000000 [its options]`. What breaks its
// limit stops nothing: the summary at the end says so, and the exit code is 1.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { checkoutDir } from '../config.ts';

/** By the name of the file, in the order in which they run: the month first, the longest last. */
const benches: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['cycle', ['--orders', '10000,100000,1000000']],
  ['cycle', ['--orders', '1000000', '--per-file', '200000,10000', '--runs', '1']],
  ['cycle-variants', []],
  ['alternatives', []],
  ['offline-memory', []],
  ['imports', []],
  ['refresh', []],
  ['ng-wave', []],
  ['carrier', []],
  ['lists', []],
];

const given = process.argv.slice(2);
const only = given.indexOf('--only');
const chosen = chooseBenches();
const summary: string[] = [];
for (const [name, args] of chosen) {
  const startedAt = performance.now();
  const code = await runBench(name, args);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  const line = `${code === 0 ? 'ok    ' : 'FAILED'}  ${[name, ...args].join(' ')}, ${seconds} s`;
  summary.push(line);
  if (code !== 0) process.exitCode = 1;
}
if (chosen.length > 1) console.log(`\n${summary.join('\n')}`);

function chooseBenches(): typeof benches {
  if (only < 0) return given.length > 0 ? [['cycle', given]] : benches;
  const name = given[only + 1] ?? '';
  const rest = given.filter((_, index) => index !== only && index !== only + 1);
  const named = benches.filter(([bench]) => bench === name);
  if (named.length === 0) {
    const names = [...new Set(benches.map(([bench]) => bench))].join(', ');
    process.stderr.write(`no benchmark "${name}"; there are ${names}\n`);
    process.exit(2);
  }
  return rest.length > 0 ? [[name, rest]] : named;
}

async function runBench(name: string, args: readonly string[]): Promise<number> {
  console.log(`\n== ${[name, ...args].join(' ')}`);
  const command = ['--import', 'tsx', `bench/${name}.ts`, ...args];
  const child = spawn(process.execPath, command, { cwd: checkoutDir, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

import { describe, expect, it } from 'vitest';
import {
  checkImportArrows,
  checkPackages,
  checkRoomIsKnown,
  checkSandbox,
  type Problem,
  rooms,
  type SourceFile,
} from './architecture.ts';
import { listSources, readText } from './checkout.ts';
import {
  checkActivities,
  checkConnections,
  checkEnvironment,
  checkPurity,
  checkQuerySignatures,
  checkSql,
  checkWorkflow,
  makesActivities,
} from './room-rules.ts';

const sources: SourceFile[] = listSources().map((path) => ({ path, text: readText(path) }));
const paths = sources.map((file) => file.path);

/** Files of psp/ that talk to the outside: at most one per PSP. None yet. */
const pspOutside: string[] = [];

/** Who reads process.env besides config.ts, and why. */
const environmentReaders: Record<string, string> = {
  'config.ts': 'the one place',
  'cli/build-console.js': 'hands it on to the build; plain JavaScript, before anything is compiled',
};

/** Queries that know no merchant, and why. */
const queriesWithoutMerchant: Record<string, string> = {
  'db/queries/carrier-calls.ts#listMerchantsWithUnjudgedCalls':
    'takes up the cut-off calls of all merchants when the API starts',
  'db/queries/delivery-wakes.ts#listEndpointsWithWork':
    'wakes the desks of all merchants when the API starts',
  'db/queries/delivery-wakes.ts#listSleepingDesks':
    'wakes the desks of all merchants that have something to deliver',
  'db/queries/encryption-keys.ts#listKeyUse': 'the keys encrypt for all merchants alike',
  'db/queries/encryption-keys.ts#resealAll': 'the keys encrypt for all merchants alike',
  'db/queries/merchants.ts#createMerchant': 'there is no merchant yet',
  'db/queries/merchants.ts#findMerchant': 'turns the slug of a URL or workflow ID into the key',
  'db/queries/merchants.ts#listMerchants': 'lists the merchants that a token may see',
  'db/queries/order-export.ts#copyCollectedRows': 'COPY into a stage that names the collection',
  'db/queries/preview.ts#listStagedFindings': 'reads a table of this transaction alone',
  'db/queries/record-measures.ts#measureRecord': 'measures every merchant at once',
  'db/queries/tokens.ts#createToken': 'a token may reach several merchants',
  'db/queries/tokens.ts#findTokenCaller': 'runs before anyone knows which merchant may be seen',
  'db/queries/audit-heads.ts#recordAuditHeads': 'writes down every chain at once',
  'db/queries/sessions.ts#createSessionSecret': 'reads nothing',
  'db/queries/sessions.ts#csrfTokenOf': 'reads nothing',
  'db/queries/sessions.ts#endSession': 'a session is its user’s, whatever the merchant',
  'db/queries/sessions.ts#endSessions': 'a session is its user’s, whatever the merchant',
  'db/queries/sessions.ts#findSession': 'runs before anyone knows which merchant may be seen',
  'db/queries/sessions.ts#isCsrfToken': 'reads nothing',
  'db/queries/sessions.ts#isKnownDevice': 'runs before anyone knows which merchant may be seen',
  'db/queries/sessions.ts#removeEndedSessions': 'a session is its user’s, whatever the merchant',
  'db/queries/sessions.ts#startSession': 'a session is its user’s, whatever the merchant',
  'db/queries/tokens.ts#listTokens': 'a token may reach several merchants',
  'db/queries/tokens.ts#revokeToken': 'a token may reach several merchants',
  'db/queries/users.ts#createUser': 'a user may reach several merchants',
  'db/queries/user-grants.ts#entryOf': 'reads nothing',
  'db/queries/user-grants.ts#findGrants': 'a user may reach several merchants',
  'db/queries/user-grants.ts#insertGrant': 'a user may reach several merchants',
  'db/queries/readiness.ts#askServer': 'reads no row of anybody',
  'db/queries/user-grants.ts#readGrants': 'a user may reach several merchants',
  'db/queries/users.ts#findUser': 'a user may reach several merchants',
  'db/queries/users.ts#listUsers': 'a user may reach several merchants',
  'db/queries/users.ts#logOutUser': 'a user may reach several merchants',
  'db/queries/users.ts#setDisabled': 'a user may reach several merchants',
  'db/queries/users.ts#setPassword': 'a user may reach several merchants',
};

/** Files outside db/ that hold SQL or a driver, and why. */
const sqlOutsideDb: Record<string, string> = {
  'stack/postgres.ts': 'makes databases and roles before there is a schema',
  'stack/given-database.ts': 'checks a given server before there is a schema',
  'stack/inspect-postgres.ts':
    'the doctor looks at catalogs and privileges, not at rows of a merchant',
};

function bad(path: string, text: string): SourceFile {
  return { path, text };
}

function problems(check: (file: SourceFile) => Problem[]): Problem[] {
  return sources.flatMap(check);
}

describe('imports go one way', () => {
  it('holds for every source', () => {
    expect(problems(checkImportArrows)).toEqual([]);
  });

  it('every folder is in the picture', () => {
    expect([...new Set(problems(checkRoomIsKnown))]).toEqual([]);
  });

  it.each([
    ['billing/a.ts', "import { b } from '../db/database.ts';"],
    ['billing/a.ts', "import type { B } from '../psp/b.ts';"],
    ['psp/paygent/a.ts', "export { b } from '../../imports/b.ts';"],
    ['db/queries/a.ts', "const b = await import('../../psp/b.ts');"],
    ['activities/a.ts', "import { b } from '../workflows/b.ts';"],
    ['workflows/a.ts', "import { b } from '../activities/b.ts';"],
    ['api/routes/a.ts', "import { b } from '../../workflows/billing-cycle.ts';"],
    ['api/routes/a.ts', "import { b } from '../../db/database.ts';"],
    ['workers/a.ts', "import { b } from '../stack/b.ts';"],
    ['db/a.ts', "import { readConfig } from '../config.ts';"],
  ])('refuses in %s: %s', (path, text) => {
    expect(checkImportArrows(bad(path, text))).toHaveLength(1);
  });

  it('allows what the picture allows', () => {
    const allowed: [string, string][] = [
      ['workflows/a.ts', "import type { Activities } from '../activities/create.ts';"],
      ['api/routes/a.ts', "import { b } from '../../db/queries/b.ts';"],
      ['psp/paygent/a.ts', "import { b } from '../record-layout.ts';"],
      ['cli/a.ts', "import { b } from '../db/database.ts';"],
    ];
    expect(allowed.flatMap(([path, text]) => checkImportArrows(bad(path, text)))).toEqual([]);
  });

  it('has no arrow back', () => {
    const reaches = (from: string, seen: string[] = []): string[] =>
      (rooms[from]?.imports ?? []).flatMap((entry) => {
        const next = entry.split('/')[0] as string;
        return seen.includes(next) ? [next] : [next, ...reaches(next, [...seen, next])];
      });
    for (const room of Object.keys(rooms)) expect(reaches(room)).not.toContain(room);
  });

  it('refuses a room that nobody declared', () => {
    expect(checkRoomIsKnown(bad('services/a.ts', ''))).toHaveLength(1);
  });
});

describe('packages', () => {
  const manifest = {
    dependencies: { pg: '8' },
    devDependencies: { vitest: '4', '@types/pg': '8' },
  };

  it('are declared, and the production image holds them', () => {
    const declared = JSON.parse(readText('package.json'));
    // What we are measured against is installed apart, and shipped by nobody.
    const apart = JSON.parse(readText('bench/alternatives/package.json'));
    const both = { ...declared, dependencies: { ...declared.dependencies, ...apart.dependencies } };
    const manifestOf = (path: string) => (path.startsWith('bench/alternatives/') ? both : declared);
    expect(problems((file) => checkPackages(file, manifestOf(file.path)))).toEqual([]);
  });

  it.each([
    ['api/a.ts', "import { a } from 'undeclared/b';"],
    ['api/a.ts', "import { a } from '@scope/undeclared';"],
    ['api/a.ts', "import { a } from 'vitest';"],
    ['test/a.ts', "import type { A } from 'undeclared';"],
  ])('refuses in %s: %s', (path, text) => {
    expect(checkPackages(bad(path, text), manifest)).toHaveLength(1);
  });

  it.each([
    ['api/a.ts', "import { Pool } from 'pg';"],
    ['test/a.ts', "import { it } from 'vitest';"],
    ['api/a.ts', "import { join } from 'node:path';"],
  ])('allows in %s: %s', (path, text) => {
    expect(checkPackages(bad(path, text), manifest)).toEqual([]);
  });
});

describe('billing, psp codecs and imports are pure', () => {
  it('holds for every source', () => {
    expect(problems((file) => checkPurity(file, pspOutside))).toEqual([]);
  });

  it('at most one file per PSP talks to the outside', () => {
    const psps = pspOutside.map((path) => path.split('/')[1]);
    expect(new Set(psps).size).toBe(psps.length);
    expect(pspOutside.filter((path) => !paths.includes(path))).toEqual([]);
  });

  it.each([
    "import { readFileSync } from 'node:fs';",
    "import { createHash, randomBytes } from 'node:crypto';",
    "import net from 'node:net';",
    "import { Pool } from 'pg';",
    "import { proxyActivities } from '@temporalio/workflow';",
    'const a = process.cwd();',
    'const a = Date.now();',
    'const a = new Date();',
    'const a = new Date;',
    'const a = Date();',
    'const a = Math.random();',
    'setTimeout(() => a(), 1);',
    "await fetch('http://a');",
    "console.log('a');",
  ])('refuses: %s', (text) => {
    expect(checkPurity(bad('billing/a.ts', text), [])).not.toEqual([]);
  });

  it.each([
    "import { createHash } from 'node:crypto';",
    "import { z } from 'zod';",
    "import type { Pool } from 'pg';",
    'const a = new Date(0); const b = new Date(text).toISOString();',
    '// Date.now() would make it impure',
    'const a = record.process; const b = { process };',
  ])('allows: %s', (text) => {
    expect(checkPurity(bad('psp/paygent/a.ts', text), [])).toEqual([]);
  });
});

describe('workflows are deterministic', () => {
  it('holds for every source', () => {
    expect(problems(checkWorkflow)).toEqual([]);
  });

  it.each([
    "import { join } from 'node:path';",
    "import { sql } from 'kysely';",
    "import { Client } from '@temporalio/client';",
    'const a = Date.now();',
    'const a = new Date(text);',
    'setTimeout(() => a(), 1);',
    "await sleep('1 day');",
    'await startChild(fileExchange, options);',
    "await condition(() => ready(a, b), '1 day');",
  ])('refuses: %s', (text) => {
    expect(checkWorkflow(bad('workflows/a.ts', text))).toHaveLength(1);
  });

  it('allows a condition without a time-out, and clock.ts to read the time', () => {
    expect(checkWorkflow(bad('workflows/a.ts', 'await condition(() => ready(a, b));'))).toEqual([]);
    expect(checkWorkflow(bad('workflows/clock.ts', 'const a = Date.now();'))).toEqual([]);
  });
});

describe('each thing has its one place', () => {
  it('only config.ts reads the environment', () => {
    const readers = Object.keys(environmentReaders);
    expect(problems((file) => checkEnvironment(file, readers))).toEqual([]);
    expect(checkEnvironment(bad('api/a.ts', 'const a = process.env.HOME;'), readers)).toHaveLength(
      1,
    );
    expect(checkEnvironment(bad('api/a.ts', "const a = process['env'];"), readers)).toHaveLength(1);
  });

  it('other machines are called in outside/', () => {
    expect(problems(checkConnections)).toEqual([]);
    for (const text of [
      "import { request } from 'node:https';",
      "import { connect, createServer } from 'node:net';",
      "import Client from 'ssh2-sftp-client';",
      'const answer = await fetch(url);',
    ]) {
      expect(checkConnections(bad('activities/a.ts', text)), text).toHaveLength(1);
      expect(checkConnections(bad('outside/a.ts', text)), text).toEqual([]);
    }
    const served = "import { createServer, type Server } from 'node:http';";
    expect(checkConnections(bad('api/a.ts', served))).toEqual([]);
  });

  it('SQL stands in db/', () => {
    const exceptions = Object.keys(sqlOutsideDb);
    expect(problems((file) => checkSql(file, exceptions))).toEqual([]);
    for (const text of [
      "import { sql } from 'kysely';",
      "await query('select id from charges');",
      'await run(`\n  insert into outcomes values (1)`);',
      "await db.selectFrom('charges').execute();",
    ]) {
      expect(checkSql(bad('activities/a.ts', text), exceptions), text).toHaveLength(1);
    }
    expect(checkSql(bad('cli/a.ts', "say('Select the month from the list');"), [])).toEqual([]);
  });

  it('activities never call one another', () => {
    const activityFiles = sources.filter(makesActivities).map((file) => file.path);
    expect(problems((file) => checkActivities(file, activityFiles))).toEqual([]);
    const collect = bad('activities/collect.ts', 'export function createCollectActivities() {}');
    expect(makesActivities(collect)).toBe(true);
    const text = "import { createCollectActivities } from './collect.ts';";
    expect(checkActivities(bad('activities/a.ts', text), [collect.path])).toHaveLength(1);
    expect(checkActivities(bad('activities/a.ts', text), [])).toEqual([]);
  });

  it('the sandbox is loaded by the command line only, and late', () => {
    expect(problems(checkSandbox)).toEqual([]);
    const text = "import { start } from '../sandbox/main.ts';";
    expect(checkSandbox(bad('cli/a.ts', text))).toHaveLength(1);
    expect(checkSandbox(bad('workers/a.ts', "await import('../sandbox/main.ts');"))).toHaveLength(
      1,
    );
    expect(checkSandbox(bad('cli/a.ts', "await import('../sandbox/main.ts');"))).toEqual([]);
  });

  it('queries take db first, merchantId second', () => {
    const exceptions = Object.keys(queriesWithoutMerchant);
    expect(problems((file) => checkQuerySignatures(file, exceptions))).toEqual([]);
    const good =
      'export async function a(db: Kysely<Database>, merchantId: number, b: Map<string, number>) {}';
    expect(checkQuerySignatures(bad('db/queries/a.ts', good), [])).toEqual([]);
    for (const text of [
      'export async function a(merchantId: number, db: Kysely<Database>) {}',
      'export async function a(db: Kysely<Database>, orderNumber: string) {}',
      'export const a = async (db: Kysely<Database>) => {};',
      'export async function* a<T>(id: number) {}',
    ]) {
      expect(checkQuerySignatures(bad('db/queries/a.ts', text), []), text).toHaveLength(1);
    }
  });

  it('no exception outlives its file', () => {
    const named = [environmentReaders, sqlOutsideDb, queriesWithoutMerchant].flatMap((table) =>
      Object.keys(table).map((entry) => entry.split('#')[0] as string),
    );
    expect(named.filter((path) => !paths.includes(path))).toEqual([]);
  });
});

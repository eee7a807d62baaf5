import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';

/** Looks for planted names and keys in everything that is stored and said. */

/** Which of the planted texts stand there: as they are, in base64, or as the hex of a bytea. */
export function findPlanted(planted: readonly string[], heap: string | Buffer): string[] {
  return planted.filter((text) => {
    const bytes = Buffer.from(text);
    // Of base64 the first and last characters depend on the neighbours.
    const base64 = bytes.toString('base64').replace(/=+$/, '').slice(0, -1);
    return [text, base64, bytes.toString('hex')].some((form) => heap.includes(form));
  });
}

/** All files of a folder in one: the database of Temporal's dev server with its write-ahead log. */
export function readFolder(dir: string): Buffer {
  return Buffer.concat(readdirSync(dir).map((name) => readFileSync(join(dir, name))));
}

/** Every row of every table that this role may read, as Postgres writes it. */
export async function dumpTables(db: Db): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`
    select c.relname as name from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
       and has_table_privilege(c.oid, 'select')`.execute(db);
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await sql<{ row: string }>`
      select t::text as row from ${sql.table(name)} t`.execute(db);
    texts.push(...rows.map(({ row }) => row));
  }
  return texts.join('\n');
}

/** Everything in the histories that a query finds: payloads opened, and what stands beside them. */
export async function readHistories(
  client: Client,
  query: string,
  converter: DataConverter,
): Promise<string> {
  const texts: string[] = [];
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    texts.push(JSON.stringify(history), await readPayloads(history, converter));
  }
  return texts.join('\n');
}

/** Everything that a history holds, opened. */
export async function readPayloads(value: unknown, converter: DataConverter): Promise<string> {
  if (typeof value !== 'object' || value === null) return '';
  if ('data' in value && value.data instanceof Uint8Array && 'metadata' in value) {
    let payloads = [value as never];
    for (const codec of [...(converter.payloadCodecs ?? [])].reverse()) {
      payloads = (await codec.decode(payloads)) as never[];
    }
    const [opened] = payloads as { data?: Uint8Array }[];
    return Buffer.from(opened?.data ?? []).toString('utf8');
  }
  const texts = await Promise.all(
    Object.values(value).map((part) => readPayloads(part, converter)),
  );
  return texts.join('\n');
}

import { runInNewContext } from 'node:vm';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openDatabase } from '../../db/database.ts';
import { createLogger } from '../../workers/logger.ts';
import { createTestDatabase } from '../database.ts';

/** 16 digits that pass as a card number, computed so that none stands in a file. */
function cardLikeDigits(): string {
  const body = `4${'1'.repeat(14)}`;
  const sum = [...body].reverse().reduce((total, digit, index) => {
    const doubled = Number(digit) * (index % 2 === 0 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  const destination = {
    write: (line: string) => {
      text += line;
    },
  };
  write(createLogger({ level: 'info', name: 'test', destination }));
  return text;
}

test.each([
  ['digits of a card', cardLikeDigits()],
  ['grouped digits', cardLikeDigits().replace(/(\d{4})(?=\d)/g, '$1-')],
  ['a mail address', 'taro.yamada@example.jp'],
  ['a phone number', '03-1234-5678'],
])('%s never reach a log, wherever they stand', (_, secret) => {
  const text = logged((logger) => {
    logger.info(`message with ${secret}`);
    logger.info({ order: { note: secret } }, 'field');
    logger.error({ err: new Error(`refused: "${secret}"`) }, 'error');
  });
  expect(text.split('\n').filter(Boolean)).toHaveLength(3);
  expect(text).not.toContain(secret);
});

test('secrets are left out by the name of their field or place', () => {
  const password = ['pass', '1', 'word'].join('');
  const text = logged((logger) => {
    logger.info({ token: 'tsk_1', request: { authorization: 'Bearer x1' } }, 'request');
    logger.error({ err: new Error(`cannot reach postgres://app:${password}@db:5432/x`) }, 'error');
  });
  expect(text).not.toMatch(/tsk_1|Bearer x1|pass1word/);
});

test('what is needed to find a mistake stays', () => {
  const line = logged((logger) => {
    logger.info(
      {
        workflowId: 'cycle:sakura:2026-11',
        runId: '019f2f1e-7f5e-7c2a-9a53-012345678901',
        yen: 9999999,
      },
      'activity done',
    );
  });
  expect(JSON.parse(line)).toMatchObject({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    workflowId: 'cycle:sakura:2026-11',
    runId: '019f2f1e-7f5e-7c2a-9a53-012345678901',
    yen: 9999999,
  });
});

test('a line that is written within an activity says which one, whoever writes it', () => {
  const info = {
    ...{ activityType: 'mergeResult', activityId: '7', attempt: 2, taskQueue: 'tsukigime-files' },
    workflowExecution: { workflowId: 'cycle:sakura:2026-11', runId: 'r-1' },
  };
  const line = logged((logger) => {
    asyncLocalStorage.run({ info } as Context, () => logger.warn('idle connection broke'));
  });
  expect(JSON.parse(line)).toMatchObject({
    ...{ activity: 'mergeResult', activityId: '7', attempt: 2 },
    ...{ workflowId: 'cycle:sakura:2026-11', runId: 'r-1', msg: 'idle connection broke' },
  });
  expect(JSON.parse(logged((logger) => logger.info('outside')))).not.toHaveProperty('activity');
});

/** What Postgres says of a name where a number belongs. */
async function quotingError(name: string): Promise<Error> {
  const database = await createTestDatabase();
  const db = openDatabase(database.appUrl, { maxConnections: 1 });
  const error = await sql`select ${name}::text::int`.execute(db).catch((thrown: Error) => thrown);
  await db.destroy();
  await database.drop();
  if (!(error instanceof Error) || !error.message.includes(name)) throw new Error('not quoted');
  return error;
}

test('an error of Postgres is told without the row that it quotes, as the cause of others too', async () => {
  const name = '山田花子';
  const error = await quotingError(name);
  const text = logged((logger) => {
    logger.warn({ err: error }, 'attempt failed');
    logger.warn({ err: new Error('not merged', { cause: error }) }, 'attempt failed');
    logger.warn({ err: ApplicationFailure.fromError(error) }, 'attempt failed');
    logger.warn({ error }, 'attempt failed');
    logger.error(error);
    logger.error({ err: error });
  });
  const lines = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  expect(text).not.toContain(name);
  expect(lines).toHaveLength(6);
  expect(lines[0].err).toMatchObject({ name: 'error', code: '22P02' });
  expect(lines[0].err.frames.length).toBeGreaterThan(0);
  expect(lines[1].err).toMatchObject({ message: 'not merged', cause: { code: '22P02' } });
  expect(lines[3].error).toMatchObject({ code: '22P02' });
  expect(lines[4]).toMatchObject({ err: { code: '22P02' }, msg: 'error' });
});

test('any other error keeps its words, also one of a workflow’s sandbox', () => {
  const foreign: unknown = runInNewContext('new RangeError("out of its month")');
  const line = logged((logger) => {
    logger.warn({ err: foreign }, 'failed');
  });
  expect(JSON.parse(line).err).toMatchObject({ name: 'RangeError', message: 'out of its month' });
});

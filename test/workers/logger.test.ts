import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { expect, test } from 'vitest';
import { createLogger } from '../../workers/logger.ts';

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

import { Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { parseEncryptionKeys } from '../../config.ts';
import { createDataConverter } from '../../temporal/client.ts';
import { createLogger } from '../../workers/logger.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import * as workflows from '../../workflows/index.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { readRecordedHistories } from './recorded-histories.ts';

/**
 * What released versions have written is carried on by today's workflows. How to record a version:
 * docs/operations.md, "A new version".
 */
const recorded = readRecordedHistories();
const longestBytes = 250_000;

let code: string;
beforeAll(async () => {
  const logger = createLogger({ level: 'silent', name: 'test' });
  ({ code } = await loadWorkflowBundle(bundlesDir, logger));
});

test('every kind of workflow has one', () => {
  const kinds = new Set(recorded.map(({ kind }) => kind));
  expect(Object.keys(workflows).filter((kind) => !kinds.has(kind))).toEqual([]);
});

describe('a recorded history', () => {
  test.each(recorded)('$name replays, is short, in clear, and names nobody', async (one) => {
    const dataConverter = createDataConverter(parseEncryptionKeys(inject('payloadKeys')));
    await Worker.runReplayHistory({ workflowBundle: { code }, dataConverter }, one.history);
    expect(one.text.length).toBeLessThan(longestBytes);
    const payloads = [...one.text.matchAll(/"data": "([^"]*)"/g)].map(([, data = '']) =>
      Buffer.from(data, 'base64').toString('utf8'),
    );
    expect(payloads.length).toBeGreaterThan(0);
    expect(payloads.filter((text) => /[\w.+-]@[\w-]+\.|\d{2,4}-\d{2,4}-\d{4}/.test(text))).toEqual(
      [],
    );
    expect(one.text).not.toContain(Buffer.from('binary/encrypted').toString('base64'));
  });
});

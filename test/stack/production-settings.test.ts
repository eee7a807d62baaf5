import { expect, test } from 'vitest';
import { checkActor } from '../../stack/production-settings.ts';

test('a login that many share is to be told who types', () => {
  expect(checkActor({ actor: undefined }, 'node')).toMatchObject({
    ...{ ok: true, text: 'names cli:node whoever types' },
    remedy: expect.stringContaining('TSUKIGIME_ACTOR'),
  });
  expect(checkActor({ actor: 'hanako' }, 'node')).not.toHaveProperty('remedy');
  expect(checkActor({ actor: undefined }, 'hanako')).not.toHaveProperty('remedy');
});

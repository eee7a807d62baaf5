import { expect, test } from 'vitest';
import { readCycle } from '../../sandbox/operator.ts';
import { choosePorts } from '../../stack/ports.ts';

test('an operator whose day ends gives up what had no answer', async () => {
  const { silent } = await choosePorts(['silent']);
  const day = new AbortController();
  const desk = {
    apiUrl: `http://127.0.0.1:${silent}`,
    token: 'none',
    merchant: 'demo-shop',
    signal: day.signal,
  };
  // Nobody listens, so it is repeated, for two minutes without the signal.
  const asked = readCycle(desk, '2026-11');
  day.abort(new Error('the day has ended'));
  await expect(asked).rejects.toThrow(/the day has ended|aborted/);
});

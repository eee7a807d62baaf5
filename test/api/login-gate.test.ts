import { expect, test } from 'vitest';
import { createLoginGate, type LoginTry } from '../../api/login-gate.ts';
import { Problem } from '../../api/problem.ts';

const limits = { perAddress: 30, perAccount: 10, perDevice: 20 };
const quarterMs = 15 * 60_000;
const of = (more: Partial<LoginTry> = {}): LoginTry => ({
  ...{ login: 'hanako', address: '192.0.2.1', knownDevice: null, nowMs: 0 },
  ...more,
});
const wrong = async () => false;
const right = async () => true;

test('ten thousand guesses from ten thousand addresses compare ten passwords', async () => {
  const gate = createLoginGate(limits);
  let compared = 0;
  let refused = 0;
  const compare = async () => {
    compared += 1;
    return false;
  };
  for (let i = 0; i < 10_000; i += 1) {
    const address = `203.0.${i >> 8}.${i & 255}`;
    await gate.run(of({ address, nowMs: i }), compare).catch((error: unknown) => {
      expect(error).toBeInstanceOf(Problem);
      refused += 1;
    });
  }
  expect([compared, refused]).toEqual([10, 9990]);
  // The browser that she always uses lets her in all the same.
  const hers = await gate.run(of({ knownDevice: 'hers', nowMs: 10_000 }), right);
  expect(hers).toEqual({ right: true, failedBefore: 10, throttled: false });
  // And everybody's quarter of an hour ends, however long the guesser goes on.
  expect((await gate.run(of({ nowMs: quarterMs }), right)).right).toBe(true);
});

test('ten thousand made-up names at once leave no more behind than were compared', async () => {
  const gate = createLoginGate(limits);
  let answer: (right: boolean) => void = () => {};
  const slow = new Promise<boolean>((resolve) => {
    answer = resolve;
  });
  const tries = Array.from({ length: 10_000 }, (_, i) =>
    gate.run(of({ login: `made-up-${i}`, address: `10.${i >> 8}.${i & 255}.1` }), () => slow),
  );
  const settled = Promise.allSettled(tries);
  answer(false);
  const refused = (await settled).filter(({ status }) => status === 'rejected').length;
  expect(refused).toBeGreaterThan(9900);
  expect(gate.remembered()).toBe(2 * (10_000 - refused));
});

test('right passwords use up no tries', async () => {
  const gate = createLoginGate(limits);
  for (let i = 0; i < 100; i += 1) {
    expect((await gate.run(of({ login: `user-${i % 3}` }), right)).right).toBe(true);
  }
});

test('the try that uses a name up says so, once', async () => {
  const gate = createLoginGate(limits);
  const answers = await Promise.allSettled(Array.from({ length: 15 }, () => gate.run(of(), wrong)));
  const told = answers.filter(({ status }) => status === 'fulfilled');
  expect(told).toHaveLength(10);
  expect(JSON.stringify(told).match(/"throttled":true/g)).toHaveLength(1);
});

test('a long line sends strangers away, and holds up nobody whose browser is known', async () => {
  const gate = createLoginGate({ perAddress: 1000, perAccount: 1000, perDevice: 20 });
  let release = () => {};
  const stuck = new Promise<boolean>((resolve) => {
    release = () => resolve(false);
  });
  const strangers = Array.from({ length: 17 }, (_, i) =>
    gate.run(of({ login: `name-${i}` }), () => stuck),
  );
  await expect(strangers[16]).rejects.toMatchObject({ slug: 'too-many-logins' });
  expect((await gate.run(of({ knownDevice: 'hers' }), right)).right).toBe(true);
  release();
  await Promise.allSettled(strangers);
});

test('a comparison that fails for reasons of ours is nobody’s try', async () => {
  const gate = createLoginGate({ ...limits, perAccount: 1 });
  const broken = async () => {
    throw new Error('no memory');
  };
  await expect(gate.run(of(), broken)).rejects.toThrow('no memory');
  expect((await gate.run(of(), wrong)).right).toBe(false);
});

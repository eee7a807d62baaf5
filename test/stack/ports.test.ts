import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { choosePorts, isPortFree } from '../../stack/ports.ts';

async function occupy(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
}

test('chosen ports are free and all different', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `port${index}`);
  const ports = Object.values(await choosePorts(names));
  expect(new Set(ports).size).toBe(50);
  expect(await Promise.all(ports.map(isPortFree))).toEqual(ports.map(() => true));
});

test('a preferred port is taken when it is free and left when it is not', async () => {
  const { a } = await choosePorts(['a']);
  expect(await choosePorts(['a'], { a })).toEqual({ a });
  await occupy(a);
  expect(await isPortFree(a)).toBe(false);
  expect((await choosePorts(['a'], { a })).a).not.toBe(a);
});

test('two stacks that choose at the same moment get no port in common', async () => {
  const names = Array.from({ length: 250 }, (_, index) => `port${index}`);
  // By chance alone some would meet. Each lets its ports go before the other has a server on them, as two processes would.
  const one = Object.values(await choosePorts(names));
  const other = Object.values(await choosePorts(names));
  expect(one.filter((port) => other.includes(port))).toEqual([]);
});

test('two names that prefer the same port get two ports', async () => {
  const { a } = await choosePorts(['a']);
  const both = await choosePorts(['x', 'y'], { x: a, y: a });
  expect(both.x).toBe(a);
  expect(both.y).not.toBe(a);
});

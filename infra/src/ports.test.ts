import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { choosePorts, isPortFree } from './ports.ts';
import { PORT_NAMES } from './types.ts';

const allFree = async (): Promise<boolean> => true;

test('a stack gets different ports below the range of outgoing connections', async () => {
  const ports = await choosePorts('one', {}, new Set(), allFree);
  const numbers = PORT_NAMES.map((name) => ports[name]);
  expect(new Set(numbers).size).toBe(PORT_NAMES.length);
  expect(numbers.every((port) => port >= 20_000 && port <= 32_000)).toBe(true);
});

test('remembered ports come back while they are free', async () => {
  const before = await choosePorts('one', {}, new Set(), allFree);
  expect(await choosePorts('another name', before, new Set(), allFree)).toEqual(before);
});

test('a remembered port that somebody holds is replaced, the others stay', async () => {
  const before = await choosePorts('one', {}, new Set(), allFree);
  const after = await choosePorts('one', before, new Set(), async (port) => port !== before.kafka);
  expect(after).toEqual({ ...before, kafka: after.kafka });
  expect(after.kafka).not.toBe(before.kafka);
});

test('ports of another stack are never chosen, even while it does not run', async () => {
  const first = await choosePorts('same', {}, new Set(), allFree);
  const taken = new Set(Object.values(first));
  const second = await choosePorts('same', first, taken, allFree);
  expect(Object.values(second).filter((port) => taken.has(port))).toEqual([]);
});

test('no free port is an error, not an endless search', async () => {
  await expect(choosePorts('one', {}, new Set(), async () => false)).rejects.toThrow('no free port');
});

test('a port that somebody listens on is not free', async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
  expect(await isPortFree(port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await isPortFree(port)).toBe(true);
});

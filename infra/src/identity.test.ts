import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { descendantsOf, identify, isAlive, parseStat, signalProcess } from './identity.ts';

test('a command name with blanks and brackets does not shift the fields of stat', () => {
  const after = ['S', '41', ...Array.from({ length: 17 }, () => '0'), '987654', '0'];
  expect(parseStat(`42 (we ird) name)) ${after.join(' ')}`)).toEqual({ state: 'S', parent: 41, startTime: '987654' });
});

test('stat of nothing is no process', () => {
  expect(parseStat('')).toBeUndefined();
});

test('this process is itself, and the same number with another start time is somebody else', () => {
  const identity = identify(process.pid);
  if (!identity) throw new Error('no identity');
  expect(isAlive(identity)).toBe(true);
  expect(isAlive({ ...identity, startTime: '1' })).toBe(false);
  expect(isAlive({ ...identity, bootId: 'an earlier boot' })).toBe(false);
  expect(signalProcess({ ...identity, startTime: '1' }, 'SIGKILL')).toBe(false);
});

test('a process that has ended is not alive', async () => {
  const child = spawn('sleep', ['60']);
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (!identity) throw new Error('no identity');
  expect(descendantsOf(process.pid)).toContainEqual(identity);
  expect(signalProcess(identity, 'SIGKILL')).toBe(true);
  await once(child, 'exit');
  expect(isAlive(identity)).toBe(false);
});

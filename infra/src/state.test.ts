import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  checkName,
  makeSecrets,
  ownIdentity,
  parseState,
  readAllStates,
  readState,
  type StackState,
  writeState,
} from './state.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'audit-overlay-state-'));
  process.env.AUDIT_OVERLAY_RUN = root;
});
afterEach(() => {
  rmSync(root, { recursive: true });
  delete process.env.AUDIT_OVERLAY_RUN;
});

const state = (name: string): StackState => ({
  version: 1,
  name,
  owner: ownIdentity(),
  servers: ['postgres'],
  directory: join(root, name, 'data'),
  keepData: true,
  exactlyOnce: false,
  ports: { mysql: 1, postgres: 2, kafka: 3, kafkaController: 4, registry: 5, connect: 6 },
  secrets: makeSecrets(),
  processes: { postgres: ownIdentity() },
});

test('what is written is read again, and only by its owner', () => {
  writeState(state('one'));
  expect(readState('one')).toMatchObject({ name: 'one', servers: ['postgres'], ports: { connect: 6 } });
  expect(statSync(join(root, 'one', 'state.json')).mode & 0o777).toBe(0o600);
});

test('all stacks are found, strangers and half files are not', () => {
  writeState(state('one'));
  writeState(state('two'));
  writeState(state('half'));
  writeFileSync(join(root, 'half', 'state.json'), '{"version":1,"na');
  expect(readAllStates().map(({ name }) => name)).toEqual(['one', 'two']);
  expect(readState('none')).toBeUndefined();
});

test.each(['', '{}', 'null', '[]', '{"version":2}', '{"version":1,"name":"x"}'])('%j is no state', (text) => {
  expect(parseState(text)).toBeUndefined();
});

test('a process without a whole identity makes the state unusable, so nothing is ended by a number alone', () => {
  expect(parseState(JSON.stringify({ ...state('x'), processes: { kafka: { pid: 4 } } }))).toBeUndefined();
  expect(parseState(JSON.stringify(state('x')))).toBeDefined();
});

test('names are plain, for they become folders', () => {
  expect(() => checkName('dev-2')).not.toThrow();
  for (const name of ['', '../x', 'A', '.hidden', 'a/b', 'x'.repeat(41)]) expect(() => checkName(name)).toThrow();
});

import { expect, test } from '@jest/globals';
import { clean, cleanLine, type Io, jsonText, makePaint } from '../io.ts';
import { tableLines } from './table.ts';
import { treeLines } from './tree.ts';

const plain = (_: string, text: string): string => text;

test('columns are as wide as their widest cell, numbers stand right, nothing trails', () => {
  const columns = [{ title: 'NAME' }, { title: 'COUNT', isNumber: true }, { title: 'NOTE' }];
  const rows = [
    [{ text: 'a' }, { text: '1,000' }, { text: 'x' }],
    [{ text: '💊 pill' }, { text: '7' }, { text: '' }],
  ];
  expect(tableLines(columns, rows, plain)).toEqual(['NAME    COUNT  NOTE', 'a       1,000  x', '💊 pill      7']);
  expect(tableLines(columns, [], plain)).toEqual([]);
});

test('colour does not move columns', () => {
  const rows = [
    [{ text: 'a', style: 'red' as const }, { text: 'b' }],
    [{ text: 'ccc' }, { text: 'd' }],
  ];
  const painted = tableLines([{ title: '' }, { title: '' }], rows, (_, text) => `<${text}>`);
  expect(painted).toEqual(['<a>    b', 'ccc  d']);
});

test('a tree hangs its children under its lines', () => {
  const leaf = (...lines: string[]) => ({ lines, children: [] });
  expect(
    treeLines({ lines: ['root', 'more'], children: [{ lines: ['a', 'a2'], children: [leaf('b')] }, leaf('c', 'c2')] }),
  ).toEqual(['root', '│  more', '├─ a', '│  │  a2', '│  └─ b', '└─ c', '      c2']);
});

test('nothing that steers a terminal gets through, to people or to programs', () => {
  const hostile = 'a\u001b[31m\u009b1m\u202eb\r\nc\u0007\u0000';
  expect(clean(hostile)).toBe('a[31m1mb\nc');
  expect(cleanLine(hostile)).toBe('a[31m1mb c');
  const json = jsonText({ hostile });
  expect(clean(json)).toBe(json);
  expect(JSON.parse(json)).toEqual({ hostile });
});

test('colour is for terminals that want it', () => {
  const io = (isTty: boolean, env: Io['env']): Io => ({ out: () => {}, err: () => {}, userName: 'x', isTty, env });
  expect(makePaint(io(true, {}))('red', 'x')).toBe('\u001b[31mx\u001b[39m');
  expect(makePaint(io(false, {}))('red', 'x')).toBe('x');
  expect(makePaint(io(true, { NO_COLOR: '1' }))('red', 'x')).toBe('x');
  expect(makePaint(io(true, { NO_COLOR: '' }))('red', 'x')).toBe('\u001b[31mx\u001b[39m');
  expect(makePaint(io(true, { TERM: 'dumb' }))('red', 'x')).toBe('x');
});

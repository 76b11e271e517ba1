import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { makeDebeziumJson } from './debezium-json.ts';
import { shopInJson, typesInJson } from './testing/golden.ts';
import { bodiesOf, runFold } from './testing/run-golden.ts';

const parseDebeziumJson = makeDebeziumJson();

const page = readFileSync(new URL('../../../docs/reference/values.md', import.meta.url), 'utf8');

const inCodeFont = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);

/** The rows of the page's first table: names of types, and examples. */
const rows = (page.split('\n\n').find((part) => part.startsWith('| MySQL type')) ?? '')
  .split('\n')
  .slice(2)
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, types = '', , examples = '']) => ({
    types: inCodeFont(types).map((type) => type.replace(/\(.*/, '')),
    examples: inCodeFont(examples),
  }));

/** Every value that the golden records hold, with its column's type before it. */
function goldenValues(): ReadonlySet<string> {
  const values = new Set<string>();
  for (const records of [typesInJson(), shopInJson()].map((golden) => golden.map(parseDebeziumJson))) {
    const types = new Map<string, string>();
    for (const record of records) {
      for (const { table, definition } of record.kind === 'schema_change' ? record.tables : [])
        for (const { name, type } of definition?.columns ?? []) types.set(`${table}.${name}`, type);
    }
    for (const { before, after, source } of bodiesOf(runFold(records).out).map((body) => JSON.parse(body))) {
      for (const [name, value] of [before, after].flatMap((image) => Object.entries(image ?? {})))
        values.add(`${types.get(`${source.table}.${name}`)}=${value}`);
    }
  }
  return values;
}

test('every example of the page about values is one that a real connector gave, of a column of that type', () => {
  const values = [...goldenValues()];
  const missing = rows.flatMap(({ types, examples }) =>
    examples.filter(
      (example) =>
        !values.some(
          (value) =>
            value.endsWith(`=${example}`) && (types.length === 0 || types.some((type) => value.startsWith(type))),
        ),
    ),
  );
  expect(missing).toEqual([]);
  expect(rows.flatMap(({ examples }) => examples).length).toBeGreaterThan(25);
});

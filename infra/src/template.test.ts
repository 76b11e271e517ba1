// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the form of the templates under test
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { connectorConfig, serverIdOf } from './connector.ts';
import { fillJsonTemplate, fillTemplate } from './template.ts';

const target = {
  connect: { url: 'http://connect' },
  mysql: { host: 'db', port: 3306 },
  kafka: { brokers: ['a:9092', 'b:9092'] },
  replication: { file: '/secrets/debezium.properties' },
};

test('names are replaced, also inside a reference of a configuration provider', () => {
  expect(fillTemplate('x=${file:${credentials}:user} y=${port}', { credentials: '/c', port: '1' })).toBe(
    'x=${file:/c:user} y=1',
  );
});

test('a name without a value and a value without a name are errors', () => {
  expect(() => fillTemplate('${host}', {})).toThrow('host');
  expect(() => fillTemplate('x', { host: 'y' })).toThrow('does not use host');
  expect(() => fillJsonTemplate('{"a": "b"}', { host: 'y' })).toThrow('does not use host');
});

test('a value with quotes and backslashes stays one value of JSON', () => {
  expect(fillJsonTemplate('{"a": "${x}-${x}"}', { x: '"\\.' })).toEqual({ a: '"\\.-"\\.' });
});

test('the connector: one topic, credentials by file only, names taken literally', () => {
  const config = connectorConfig(target, { source: 'shop', database: 'sh.op', tables: ['orders', 'a$b'] });
  expect(config).toMatchObject({
    'topic.prefix': 'shop',
    'database.include.list': 'sh\\.op',
    'table.include.list': 'sh\\.op\\.(orders|a\\$b)',
    'database.user': '${file:/secrets/debezium.properties:user}',
    'database.password': '${file:/secrets/debezium.properties:password}',
    'transforms.one.regex': 'shop(\\..*)?',
    'transforms.one.replacement': 'cdc.shop',
    'schema.history.internal.kafka.bootstrap.servers': 'a:9092,b:9092',
    'value.converter.replace.null.with.default': 'false',
  });
  expect(config).not.toHaveProperty('exactly.once.support');
});

test('the connector: exactly once where the worker has it, every table by default, overrides last', () => {
  const config = connectorConfig(
    { ...target, exactlyOnce: true },
    { source: 'shop', database: 'shop', overrides: { 'poll.interval.ms': '1' } },
  );
  expect(config).toMatchObject({
    'exactly.once.support': 'required',
    'transaction.boundary': 'poll',
    'table.include.list': 'shop\\..*',
    'poll.interval.ms': '1',
  });
});

test('a source whose name could be read as a pattern is refused', () => {
  expect(() => connectorConfig(target, { source: 'a.b', database: 'x' })).toThrow('source');
});

test('sources get different server ids that MySQL accepts', () => {
  const ids = ['shop', 'pharmacy', 'a', ''].map(serverIdOf);
  expect(new Set(ids).size).toBe(4);
  expect(ids.every((id) => id > 0 && id < 2 ** 32)).toBe(true);
});

test('the README explains every setting of the template', () => {
  const folder = new URL('../../debezium-connect/', import.meta.url);
  const template = JSON.parse(readFileSync(new URL('mysql-connector.json', folder), 'utf8')) as Record<string, string>;
  const readme = readFileSync(new URL('README.md', folder), 'utf8');
  expect(Object.keys(template).filter((name) => !readme.includes(name))).toEqual([]);
});

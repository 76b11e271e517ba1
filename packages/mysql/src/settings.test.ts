import { expect, test } from '@jest/globals';
import { CHECKS, judgeSource, type ReaderFacts, type SourceFacts } from './settings.ts';

const GOOD: SourceFacts = {
  version: '9.7.4',
  settings: {
    log_bin: 'ON',
    binlog_format: 'ROW',
    binlog_row_image: 'FULL',
    binlog_row_metadata: 'FULL',
    binlog_row_value_options: '',
    gtid_mode: 'ON',
    enforce_gtid_consistency: 'ON',
    binlog_expire_logs_seconds: '2592000',
    server_id: '1',
  },
  cascades: [],
  withoutKey: [],
};
const unmet = (facts: SourceFacts, reader: ReaderFacts = {}): readonly string[] =>
  judgeSource(facts, reader).flatMap(({ isMet, found, mend }) => (isMet ? [] : [`${found} → ${mend}`]));

test('a source that tells everything has nothing to mend', () => {
  expect(unmet(GOOD)).toEqual([]);
  expect(unmet({ ...GOOD, cascades: ['shop.child (fk)'] })).toEqual([]);
});

test.each(['8.0.45', '8.4.7', '9.5.0'])(
  'MySQL %s does not log what foreign keys change: the tables are named',
  (version) => {
    expect(unmet({ ...GOOD, version, cascades: ['shop.child (fk_1)', 'shop.line (fk_2)'] })).toEqual([
      expect.stringMatching(/shop\.child \(fk_1\), shop\.line \(fk_2\).*before 9\.6/),
    ]);
    expect(unmet({ ...GOOD, version })).toEqual([]);
  },
);

test('settings that keep rows out of the log, and tables without a key, are named', () => {
  const settings = { ...GOOD.settings, binlog_row_image: 'MINIMAL', binlog_row_value_options: 'PARTIAL_JSON' };
  expect(unmet({ ...GOOD, settings, withoutKey: ['shop.notes'] })).toEqual([
    'binlog_row_image=MINIMAL → set binlog_row_image=FULL',
    "binlog_row_value_options=PARTIAL_JSON → set binlog_row_value_options=''",
    expect.stringMatching(/^shop\.notes → .*add keys/),
  ]);
});

test('a server that logs the text of every statement is told so', () => {
  const settings = { ...GOOD.settings, binlog_rows_query_log_events: 'ON' };
  expect(unmet({ ...GOOD, settings })).toEqual([expect.stringMatching(/rides on each of its rows.*in the sessions/)]);
  expect(unmet({ ...GOOD, settings: { ...settings, binlog_rows_query_log_events: 'OFF' } })).toEqual([]);
});

test('each check is made once, on every server', () => {
  expect(judgeSource(GOOD).map(({ check }) => check)).toEqual(CHECKS);
  expect(judgeSource({ version: '9.7.4', settings: {}, cascades: [], withoutKey: [] })[0]).toMatchObject({
    check: 'binary_log',
    isMet: false,
    found: 'no log_bin',
  });
});

test('binary logs that are purged too early are told of, the sooner the further the log is behind', () => {
  const keptFor = (seconds: number): SourceFacts => ({
    ...GOOD,
    settings: { ...GOOD.settings, binlog_expire_logs_seconds: String(seconds) },
  });
  expect(unmet(keptFor(0), { lag_s: 1e9 })).toEqual([]);
  expect(unmet(keptFor(3600))).toEqual([
    expect.stringMatching(/^kept 0\.0 days → set binlog_expire_logs_seconds=259200/),
  ]);
  expect(unmet(keptFor(2_592_000), { lag_s: 1_295_000 })).toEqual([]);
  expect(unmet(keptFor(2_592_000), { lag_s: 1_297_000 })).toEqual([
    expect.stringMatching(/behind → what is purged before/),
  ]);
});

test('a server id that two show is told of', () => {
  expect(unmet({ ...GOOD, replicas: [2, 3] }, { serverId: 1_000_007 })).toEqual([]);
  expect(unmet(GOOD, { serverId: 1 })).toEqual([expect.stringMatching(/→ 1 is shown by two/)]);
  expect(unmet({ ...GOOD, replicas: [2, 7] }, { serverId: 7 })).toEqual([expect.stringMatching(/→ 7 is shown by two/)]);
  expect(unmet({ ...GOOD, replicas: [2, 2] })).toEqual([expect.stringMatching(/→ 2 is shown by two/)]);
});

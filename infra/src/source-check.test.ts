import { expect, test } from '@jest/globals';
import { judgeSource, type SourceFacts } from './source-check.ts';

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
  },
  cascades: [],
  withoutKey: [],
};
const unmet = (facts: SourceFacts): readonly string[] =>
  judgeSource(facts).flatMap(({ isMet, found, mend }) => (isMet ? [] : [`${found} → ${mend}`]));

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
    "binlog_row_image=MINIMAL, binlog_row_value_options=PARTIAL_JSON → set binlog_row_image=FULL binlog_row_value_options=''",
    expect.stringMatching(/^shop\.notes → .*add keys/),
  ]);
});

test('a server that logs the text of every statement is told so', () => {
  const settings = { ...GOOD.settings, binlog_rows_query_log_events: 'ON' };
  expect(unmet({ ...GOOD, settings })).toEqual([expect.stringMatching(/rides on each of its rows.*in the sessions/)]);
  expect(unmet({ ...GOOD, settings: { ...settings, binlog_rows_query_log_events: 'OFF' } })).toEqual([]);
});

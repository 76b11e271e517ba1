import { expect, test } from '@jest/globals';
import { includesOf, parsePack } from './parse.ts';
import { LIBRARY } from './testing/small.ts';

const mistakesOf = (text: string): readonly string[] => {
  const parsed = parsePack(text, 'pack.yaml');
  return parsed.ok ? [] : parsed.mistakes;
};

/** The pack with one text replaced, and the line on which that text stands. */
function broken(from: string, to: string): { text: string; line: number } {
  expect(LIBRARY).toContain(from);
  const at = LIBRARY.indexOf(from);
  return { text: LIBRARY.replace(from, to), line: LIBRARY.slice(0, at).split('\n').length };
}

test('a whole pack is read, with its defaults', () => {
  const parsed = parsePack(LIBRARY, 'pack.yaml');
  expect(parsed).toMatchObject({
    ok: true,
    pack: {
      name: 'library',
      rules: [{ id: 'loan.made', version: 3, confidence: 1, joins: { lines: { cardinality: 'many' } } }],
      detectors: [{ method: 'large_value', policies: [] }],
      report: { sections: [{ measure: { kind: 'sum', path: 'paid' } }] },
    },
  });
});

test.each([
  ['version: 1\ntitle', 'version: one\ntitle', /version must be number, is string/],
  ['currency: EUR', 'currency: euro', /currency must be an ISO 4217 code/],
  ['timeZone: Europe/Berlin', 'timeZone: Berlin', /no time zone known here: write an IANA name/],
  ['"10:00", close: "18:00" }\n  places', '"25:00", close: "18:00" }\n  places', /time of day in quotes/],
  ['cardinality: one', 'cardinality: two', /must be one of many, one/],
  ['operations: [INSERT], where', 'operations: [INSRT], where', /must be one of INSERT, UPDATE, DELETE: use/],
  ['    occurredAt', '    occuredAt', /unknown key 'occuredAt'.*known here are id, version/],
  ['method: large_value', 'method: biggest', /must be large_value, rare_change or closed_hours/],
  ['table: loan_lines, operations', 'table: loan_line, operations', /table 'loan_line' is not declared/],
  [
    'size(lines) > 0',
    'size(lnes) > 0',
    /Unknown variable: lnes; it may name before, after, operation, time, lines, desk/,
  ],
  ['size(lines) > 0', 'size(lines)', /must be true or false, but gives int/],
  ["label('members', after", "label('people', after", /labels of 'people', which has none/],
  ['desk_id: lines.desk_id', 'desk_id: line.desk_id', /join 'line', which does not stand above/],
  ['sum(paid)', 'sum(payed)', /names 'payed', which no rule writes/],
  ['groupBy: reader', 'groupBy: readr', /names 'readr'/],
  ['sum(paid)', 'sum(reader)', /measure names 'reader', which is declared as text: it must be numeric or integer/],
  ['sum(paid)', 'sum(books)', /measure names 'books', which is declared as json/],
  ['groupBy: reader', 'groupBy: paid', /groupBy names 'paid', which is declared as numeric: it must be text or/],
  ['groupBy: reader', 'groupBy: reader, labelBy: paid', /labelBy names 'paid', which is declared as numeric/],
  ['event: loan.made\n    anchor', 'event: bulk.change\n    anchor', /'bulk.change' is what the engine itself gives/],
  ['id: loan.made', 'id: table.truncated', /'table.truncated' is what the engine itself gives/],
  [
    'anchor: { table: loans, operations: [INSERT]',
    'anchor: { table: loans, operations: [READ]',
    /operations\[0\] must be one of INSERT, UPDATE, DELETE: use/,
  ],
  [
    'table: loan_lines, operations: [INSERT]',
    'table: loan_lines, operations: [TRUNCATE]',
    /must be one of INSERT, UPDATE, DELETE: use/,
  ],
  ['eventType: loan.made', 'eventType: loan.done', /no rule gives events of type 'loan.done'/],
  ['usually {typical}', 'usually {median}', /slot \{median\} that nothing fills/],
  ['medium: 4', 'medium: 40', /severity must rise/],
  ['report:', 'rollups: [{ event: loan.lost }]\nreport:', /no rule gives events of type 'loan.lost'/],
  [
    'report:',
    'rollups: [{ event: loan.made, by: memer }]\nreport:',
    /rollups\[0\].by names 'memer', which no rule writes/,
  ],
  [
    'report:',
    'rollups: [{ event: loan.made, by: fee }]\nreport:',
    /'fee', which is declared as json: it must be text or/,
  ],
  ['report:', 'rollups: [{ event: loan.made, measures: { events: count } }]\nreport:', /a second column 'events'/],
  ['report:', 'rollups: [{ event: loan.made, label: member }]\nreport:', /names groups, but there are none: add by/],
  [
    'report:',
    'rollups: [{ event: loan.made }, { event: loan.made }]\nreport:',
    /the view 'loan_made_daily', which roll-up 1/,
  ],
  ['event: loan.made\n    anchor', `event: ${'loan.'.repeat(13)}made\n    anchor`, /longer than 63 characters/],
  ['labels: members', 'labels: loans', /'loans' is no table with a label/],
  ['      fee: after.fee', '      doubts: after.fee', /'doubts' is written by the engine/],
  ['      desk: { table', '      list: { table', /'list' already means something/],
  [
    'where: after.kind',
    'unlessClaimedBy: [loan.lost], where: after.kind',
    /rule 'loan.lost', which does not stand above/,
  ],
  [
    'where: after.kind',
    'unlessClaimedBy: [loan.made], where: after.kind',
    /rule 'loan.made', which does not stand above/,
  ],
  ['      fee: after.fee', '      fee: { value: after.fee, type: money, comment: x }', /must be one of text, integer/],
  [
    '      fee: after.fee',
    '      fee: { value: after.fe e, type: numeric, comment: x }',
    /payload.fee.value is no valid expression/,
  ],
  ['      fee: after.fee', '      fee: 3', /payload.fee must be string, is number/],
  [
    '      fee: after.fee',
    "      fee: remembered('lines', 'fee', after.id)",
    /asks for 'fee' of 'lines', which it does not remember/,
  ],
  [
    'on: { desk_id: lines.desk_id }',
    'on: { desk_id: lines.desk_id, x: other.y }',
    /speaks of the joins lines and other/,
  ],
  [
    'desks: { key: [desk_id] }',
    'desks: { key: [desk_id], columns: { room: { policy: hide } } }',
    /must be drop, token, seal or clear/,
  ],
  [
    'desks: { key: [desk_id] }',
    'desks: { key: [desk_id], columns: { room: { policy: seal, subject: [room] } } }',
    /names 'room', which is no key column of 'desks': use desk_id/,
  ],
  [
    'desks: { key: [desk_id] }',
    'desks: { key: [desk_id], columns: { room: { policy: seal, subject: [room], of: rooms } } }',
    /names 'rooms', which is no table of this pack/,
  ],
  [
    'desks: { key: [desk_id] }',
    'desks: { key: [desk_id], columns: { room: { policy: seal, subject: [room, floor], of: desks } } }',
    /must name a column for each key column of 'desks': desk_id/,
  ],
  ['groupBy: reader, top', 'except: { field: member_id, values: [x] }, top', /names 'member_id', which no rule writes/],
])('%j written as %j is told with its line and what to do', (from, to, message) => {
  const { text, line } = broken(from, to);
  const found = mistakesOf(text).find((mistake) => message.test(mistake));
  expect(found ?? mistakesOf(text)).toMatch(message);
  const said = Number(/^pack\.yaml:(\d+):\d+: /.exec(found ?? '')?.[1]);
  expect(said).toBeGreaterThanOrEqual(line);
  expect(said).toBeLessThanOrEqual(line + 1);
});

test('all mistakes are told at once, in the order of the file', () => {
  const text = LIBRARY.replace('currency: EUR\n', '')
    .replace('loan_id: loan_id', 'loan_id: 1')
    .replace('sum(paid)', 'avg(paid)');
  const mistakes = mistakesOf(text);
  expect(mistakes).toHaveLength(3);
  expect(mistakes[0]).toMatch(/currency is missing: add it/);
  expect(mistakes[1]).toMatch(/rules\[0\]\.joins\.lines\.on\.loan_id must be string, is number/);
  expect(mistakes[2]).toMatch(/measure must be count or sum/);
});

test('an expression that fails to compile is placed at the very character', () => {
  const { text, line } = broken("where: after.kind != 'test'", 'where: after.kind !! 1');
  const column = (text.split('\n')[line - 1] ?? '').indexOf('!!') + 1;
  expect(mistakesOf(text)).toEqual([expect.stringContaining(`pack.yaml:${line}:${column}: rules[0].anchor.where`)]);
});

test('two rules with one id, and text that is no YAML', () => {
  const rule = LIBRARY.slice(LIBRARY.indexOf('  - id: loan.made'), LIBRARY.indexOf('detectors:'));
  expect(mistakesOf(LIBRARY.replace(rule, rule + rule))).toEqual([
    expect.stringMatching(/comes twice among the rules/),
  ]);
  expect(mistakesOf('a: [1\nb: }')[0]).toMatch(/^pack\.yaml:2:1: is no valid YAML/);
  expect(mistakesOf('')).toEqual([expect.stringMatching(/the pack must be object, is nothing/)]);
});

test('an alias without an anchor, and aliases that multiply the document, are mistakes with a place', () => {
  expect(mistakesOf('a: &one 1\nb: *one\nc: [*two, *three]')).toEqual([
    'pack.yaml:3:5: nothing above is called &two: correct the name, or write the value here',
    'pack.yaml:3:11: nothing above is called &three: correct the name, or write the value here',
  ]);
  expect(includesOf('include: *none')).toEqual([]);
  const levels = Array.from(
    { length: 9 },
    (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level}, `.repeat(9)}1]`,
  );
  expect(mistakesOf(['l0: &l0 [1]', ...levels].join('\n'))).toEqual([
    expect.stringMatching(/^pack\.yaml:1:1: its aliases stand for more than 100 values/),
  ]);
});

test('fields of one type of event are declared the same, or once', () => {
  const rule = LIBRARY.slice(LIBRARY.indexOf('  - id: loan.made'), LIBRARY.indexOf('detectors:'));
  const declared = (type: string) =>
    rule.replace('fee: after.fee\n', `fee: { value: after.fee, type: ${type}, comment: The fee }\n`);
  const two = (first: string, second: string) =>
    mistakesOf(LIBRARY.replace(rule, first + second.replace('id: loan.made', 'id: loan.again')));
  expect(two(declared('numeric'), declared('numeric'))).toEqual([]);
  expect(two(declared('numeric'), rule)).toEqual([]);
  expect(two(rule, declared('numeric'))).toEqual([]);
  expect(two(declared('numeric'), declared('text'))).toEqual([
    expect.stringMatching(/payload.fee is declared as text 'The fee', but as numeric 'The fee' above/),
  ]);
});

test('a pack in several files is one, and its mistakes are told with their file and line', () => {
  const at = LIBRARY.indexOf('  - id: loan.made');
  const [rules, detectors] = [LIBRARY.indexOf('rules:\n'), LIBRARY.indexOf('detectors:\n')];
  const head = LIBRARY.slice(0, rules) + LIBRARY.slice(LIBRARY.indexOf('report:'));
  const parts = [
    { name: 'rules.yaml', text: `rules:\n${LIBRARY.slice(at, detectors)}` },
    { name: 'detectors.yaml', text: LIBRARY.slice(detectors, LIBRARY.indexOf('report:')) },
  ];
  expect(parsePack(head, 'pack.yaml', parts)).toEqual(parsePack(LIBRARY, 'pack.yaml'));
  const told = (text: string, name = 'rules.yaml') => {
    const parsed = parsePack(head, 'pack.yaml', [{ name, text }, ...parts.slice(1)]);
    return parsed.ok ? [] : parsed.mistakes;
  };
  expect(told(parts[0]?.text.replace('size(lines) > 0', 'size(lnes) > 0') ?? '')).toEqual([
    expect.stringMatching(/^rules\.yaml:10:14: rules\[0\]\.when\[0\].*Unknown variable: lnes/),
  ]);
  expect(told('rules: []\ntables: {}\n')).toContainEqual(
    expect.stringMatching(/^rules\.yaml:2:1: tables unknown key 'tables'/),
  );
  expect(told('rules: {}')).toContainEqual(expect.stringMatching(/^rules\.yaml:1:1: rules must be a list/));
  expect(told('- 1')).toContainEqual(expect.stringMatching(/^rules\.yaml:1:1: the pack must be a map/));
  expect(told('a: [')).toEqual([expect.stringMatching(/^rules\.yaml:\d+:\d+: is no valid YAML/)]);
});

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stripLiterals } from './strip-literals.ts';

test.each([
  [
    "alter table t add column n varchar(20) not null default 'sec''ret' comment \"it is\"",
    'alter table t add column n varchar(20) not null default ? comment ?',
  ],
  [
    "create table t (a decimal(10,2) default 4.50, b enum('x','y') default 'x', c set('p') , key k (a))",
    "create table t (a decimal(10,2) default ?, b enum('x','y') default ?, c set('p') , key k (a))",
  ],
  [
    'create table `d`.`t` (`id` int unsigned auto_increment, primary key (`id`)) auto_increment=1234',
    'create table `d`.`t` (`id` int unsigned auto_increment, primary key (`id`)) auto_increment=?',
  ],
  [
    "alter table t add column g int as (x + 1) virtual, add check (a < 100 and b in ('s', 0x7f))",
    'alter table t add column g int as (x + ?) virtual, add check (a < ? and b in (?, ?))',
  ],
  [
    "alter table t alter c set default (concat(char(83,69), enum('x')))",
    'alter table t alter c set default (concat(char(?,?), enum(?)))',
  ],
  [
    'create table t (id int) partition by range (year(d)) (partition p0 values less than (1999))',
    'create table t (id int) partition by range (year(d)) (partition p0 values less than (?))',
  ],
  [
    'alter /* secret */ table t -- secret\n add # secret\n column c /*!50100 secret */ int',
    'alter table t add column c int',
  ],
  [
    "alter table t add column `it's 5` int default b'101', add column 1st int default _utf8mb4 x'41'",
    "alter table t add column `it's 5` int default b?, add column 1st int default _utf8mb4 x?",
  ],
  ["alter table t comment 'it\\'s secret', add column c int", 'alter table t comment ? …'],
  ["alter table t comment 'a\\\\b\\n', add column c int", 'alter table t comment ?, add column c int'],
  ["alter table t comment 'never closed", 'alter table t comment ?'],
])('%s', (statement, expected) => {
  expect(stripLiterals(statement)).toBe(expected);
});

/** Words that stand in a statement, and pieces that hold a secret in some form that MySQL takes for data. */
const WORDS = [
  'alter table t',
  'add column c',
  'varchar(20)',
  'default',
  'comment',
  '=',
  ',',
  'check',
  '(',
  ')',
  '`name`',
  'as',
  "enum('x')",
  'values less than',
  'key',
  'in',
];
const SECRET = 'S3CR3T';
const NUMBER = '90909';
const secrets = fc.constantFrom(
  `'${SECRET}'`,
  `"${SECRET}"`,
  `'a''${SECRET}'`,
  `'\\'${SECRET}'`,
  `'\\\\', '${SECRET}'`,
  `/* ${SECRET} */`,
  `/*!80000 ${SECRET} */`,
  `-- ${SECRET}\n`,
  `# ${SECRET}\n`,
  NUMBER,
  `-${NUMBER}.5`,
  `1e${NUMBER}`,
  `x'${SECRET}'`,
  `_latin1'${SECRET}'`,
  `char(${NUMBER})`,
);

test('no secret is left, wherever it stands and whatever a backslash means', () => {
  const beforeExpression = (words: readonly string[]) => ['alter table t add column c int default (', ...words];
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...WORDS), secrets), { minLength: 1, maxLength: 12 }), (parts) => {
      for (const statement of [['alter table t add column c int default', ...parts], beforeExpression(parts)]) {
        // A type may have a number, and only there does one count as schema.
        const harmless = statement.filter((part) => !part.startsWith('char(') || statement[0]?.endsWith('('));
        const stripped = stripLiterals(harmless.join(' '));
        expect(stripped).not.toContain(SECRET);
        if (!harmless.includes(')')) expect(stripped).not.toContain(NUMBER);
      }
    }),
    { numRuns: 2000 },
  );
});

test('what has no literals is kept word by word', () => {
  const word = fc.stringMatching(/^[a-z_][a-z0-9_]{0,9}$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      expect(stripLiterals(words.join(' \n '))).toBe(words.join(' '));
    }),
  );
});

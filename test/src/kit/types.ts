import type { Random } from './random.ts';
import {
  bytes,
  decimal,
  double,
  geometry,
  instant,
  json,
  local,
  quoted,
  quoteName,
  realSql,
  set,
  single,
  type TypeKind,
  text,
  unicode,
  vector,
  whole,
} from './types-kinds.ts';
import {
  ALL,
  ASCII,
  binary,
  chars,
  dateTimes,
  day,
  decimals,
  documents,
  doubles,
  enumDdl,
  instants,
  isNoMark,
  LABELS,
  LATIN,
  labels,
  MEMBERS,
  members,
  NO_MARK,
  places,
  point,
  shapes,
  signed,
  singles,
  texts,
  times,
  unsigned,
  type Value,
  vectors,
  WIDE,
} from './types-values.ts';

export interface TypeColumn {
  readonly name: string;
  readonly ddl: string;
  readonly kind: TypeKind;
  /** SQL of a value; nothing for a column that the database fills. */
  readonly value?: (random: Random) => string;
  /** The same for rows that a snapshot is to find, where the connector knows less there. */
  readonly snapshotValue?: (random: Random) => string;
  /** Whether the log must say that this may stand for another value. */
  readonly isDoubted?: (text: string, isSnapshot: boolean) => boolean;
}

const column = (name: string, ddl: string, kind: TypeKind, value?: Value, snapshotValue?: Value): TypeColumn => ({
  name,
  ddl,
  kind,
  ...(value && { value }),
  ...(snapshotValue && { snapshotValue }),
});

/** A snapshot has six digits of a FLOAT. */
const isRounded = (text: string, isSnapshot: boolean): boolean => isSnapshot && text !== '0';

const LONG_NAME = 'an identifier of sixty-four characters, which MySQL lets you have'.slice(0, 64);

/** Every type of MySQL 9.7. The key comes first; `id` is its value. */
export const COLUMNS: readonly TypeColumn[] = [
  column('id', 'bigint unsigned not null primary key', whole),
  column('tiny', 'tinyint', whole, signed(8)),
  column('tiny_u', 'tinyint unsigned', whole, unsigned(8)),
  column('flag', 'boolean', whole, signed(8)),
  column('small', 'smallint', whole, signed(16)),
  column('small_u', 'smallint unsigned', whole, unsigned(16)),
  column('medium', 'mediumint', whole, signed(24)),
  column('medium_u', 'mediumint unsigned', whole, unsigned(24)),
  column('normal', 'int', whole, signed(32)),
  column('normal_u', 'int unsigned', whole, unsigned(32)),
  column('big', 'bigint', whole, signed(64)),
  column('big_u', 'bigint unsigned', whole, unsigned(64)),
  column('money', 'decimal(10,2)', decimal, decimals(10, 2)),
  column('huge', 'decimal(65,30)', decimal, decimals(65, 30)),
  column('count_', 'decimal(65,0)', decimal, decimals(65, 0)),
  column('share', 'decimal(30,30)', decimal, decimals(30, 30)),
  {
    ...column('single', 'float', single, singles, (random) => realSql(random.whole(-9999, 9999) / 4)),
    isDoubted: isRounded,
  },
  {
    ...column(
      'single_2',
      'float(10,2)',
      single,
      (random) => realSql(random.whole(-9_999_999, 9_999_999) / 100),
      () => '0.25',
    ),
    isDoubted: isRounded,
  },
  column('double_', 'double', double, doubles),
  column('double_25', 'float(25)', double, doubles),
  column('bit_1', 'bit(1)', whole, (random) => String(random.whole(0, 1))),
  column('bit_17', 'bit(17)', whole, unsigned(17)),
  column('bit_64', 'bit(64)', whole, unsigned(64)),
  column('day', 'date', local, (random) => quoted(day(random))),
  column('moment', 'datetime', local, dateTimes(0)),
  column('moment_1', 'datetime(1)', local, dateTimes(1)),
  column('moment_3', 'datetime(3)', local, dateTimes(3)),
  column('moment_4', 'datetime(4)', local, dateTimes(4)),
  column('moment_6', 'datetime(6)', local, dateTimes(6)),
  column('instant', 'timestamp null', instant, instants(0)),
  column('instant_2', 'timestamp(2) null', instant, instants(2)),
  column('instant_6', 'timestamp(6) null', instant, instants(6)),
  column('time_', 'time', local, times(0)),
  column('time_3', 'time(3)', local, times(3)),
  column('time_6', 'time(6)', local, times(6)),
  column(
    'year_',
    'year',
    whole,
    (random) => String(random.pick([0, 1901, 2155, random.whole(1901, 2155)])),
    (random) => String(random.whole(1901, 1999)),
  ),
  column('fixed', 'char(20)', text, chars(ALL, 20)),
  column('fixed_latin1', 'char(20) character set latin1', text, chars(LATIN, 20)),
  column('varying', 'varchar(60)', text, texts(ALL, 60)),
  column('latin1', 'varchar(60) character set latin1', text, texts(LATIN, 60)),
  column('utf16_', 'varchar(60) character set utf16', text, texts(NO_MARK, 60)),
  column('utf32_', 'varchar(30) character set utf32', text, texts(NO_MARK, 30)),
  column('ucs2_', 'varchar(30) character set ucs2', text, texts(WIDE.filter(isNoMark), 30)),
  column('utf8mb3_', 'varchar(30) character set utf8mb3', text, texts(WIDE, 30)),
  column('cyrillic', 'varchar(30) character set cp1251', text, texts([...ASCII, 'ж', 'Я'], 30)),
  column('japanese', 'varchar(30) character set sjis', text, texts(['a', 'あ', '表', 'ｱ'], 30)),
  column('ascii_', 'varchar(30) character set ascii', text, texts(ASCII, 30)),
  column('text_tiny', 'tinytext', text, texts(ALL, 40)),
  column('text_', 'text', text, texts(ALL, 90)),
  column('text_medium', 'mediumtext character set latin1', text, texts(LATIN, 90)),
  column('text_long', 'longtext character set utf16', text, texts(NO_MARK, 90)),
  column('binary_', 'binary(8)', bytes, binary(8)),
  column('varbinary_', 'varbinary(40)', bytes, binary(40)),
  column('blob_tiny', 'tinyblob', bytes, binary(40)),
  column('blob_', 'blob', bytes, binary(80)),
  column('blob_medium', 'mediumblob', bytes, binary(20)),
  column('blob_long', 'longblob', bytes, binary(20)),
  column('choice', `enum(${enumDdl(LABELS)})`, text, labels),
  column('choices', `set(${enumDdl(MEMBERS)})`, set, members),
  column('document', 'json', json, documents),
  column('shape', 'geometry', geometry, shapes),
  column('place', 'point srid 4326', geometry, places),
  column('embedding', 'vector(4)', vector, vectors),
  column('10', 'int', whole, signed(32)),
  column('2', 'int', whole, signed(32)),
  column('__proto__', 'varchar(10)', text, texts(ALL, 10)),
  column('constructor', 'varchar(10)', text, texts(ALL, 10)),
  column('toString', 'int', whole, signed(32)),
  column('a b.c`d"e', 'int', whole, signed(32)),
  column('ünicode_列', 'int', whole, signed(32)),
  column('a_u0031', 'int', whole, signed(32)),
  column(LONG_NAME, 'int', whole, signed(32)),
  column('unseen', 'int invisible', whole, signed(32)),
  column('doubled', 'bigint generated always as (`small` * 2) virtual', whole),
  column('kept', 'varchar(200) generated always as (concat(`varying`, `tiny`)) stored', text),
  column('unseen_too', 'bigint generated always as (`small` * 3) virtual invisible', whole),
];

/** Other names that types have, and old ways to write them: what a DDL of the stream may say, where a snapshot has MySQL's own word. */
export const ALIASES: readonly TypeColumn[] = [
  column('id', 'serial primary key', whole),
  column('int1_', 'int1', whole, signed(8)),
  column('int2_', 'int2', whole, signed(16)),
  column('int3_', 'int3', whole, signed(24)),
  column('middle', 'middleint', whole, signed(24)),
  column('int4_', 'int4', whole, signed(32)),
  column('integer_', 'integer unsigned', whole, unsigned(32)),
  column('int8_', 'int8', whole, signed(64)),
  column('int8_u', 'int8 unsigned', whole, unsigned(64)),
  column('big_width', 'bigint(20) unsigned', whole, unsigned(64)),
  column('big_zero', 'bigint unsigned zerofill', whole, unsigned(64)),
  column('int_zero', 'int(8) zerofill', whole, unsigned(32)),
  { ...column('bool_', 'bool', whole, (random) => String(random.whole(0, 1))), isDoubted: (text) => text === '1' },
  column('dec_', 'dec(12,3)', decimal, decimals(12, 3)),
  column('dec_plain', 'dec', decimal, decimals(10, 0)),
  column('fixed_', 'fixed(12,3)', decimal, decimals(12, 3)),
  column('numeric_', 'numeric(12,3)', decimal, decimals(12, 3)),
  column('float8_', 'float8', double, doubles),
  column('float_p', 'float(53)', double, doubles),
  column('float_small', 'float(24)', single, singles),
  column('precision_', 'double precision', double, doubles),
  column('varying_', 'character varying(20)', text, texts(ALL, 20)),
  column('varcharacter_', 'varcharacter(20)', text, texts(ALL, 20)),
  column('national_', 'national char(20)', text, chars(WIDE, 20)),
  column('nchar_', 'nchar(20)', text, chars(WIDE, 20)),
  column('nvarchar_', 'nvarchar(20)', text, texts(WIDE, 20)),
  column('national_varying', 'national character varying(20)', text, texts(WIDE, 20)),
  column('long_', 'long', text, texts(ALL, 20)),
  column('long_varchar', 'long varchar', text, texts(ALL, 20)),
  column('long_varbinary', 'long varbinary', bytes, binary(20)),
  column('binary_set', 'varchar(20) character set binary', bytes, binary(20)),
  column('text_binary', 'text character set binary', bytes, binary(20)),
  column('text_sized', 'text(20)', text, texts(ALL, 20)),
  column('blob_sized', 'blob(20)', bytes, binary(20)),
  column(
    'geomcollection_',
    'geometrycollection',
    geometry,
    (random) => `st_geomfromtext('GEOMETRYCOLLECTION(POINT(${point(random)}))')`,
  ),
  column('enum_emoji', "enum('plain', '😀')", text, (random) => unicode(random.pick(['plain', '😀']))),
];

/** The words of `choice` and `choices` in another order, with a new one: every word gets another number. */
export const RENUMBER = `modify choice enum(${enumDdl(['new', ...LABELS.toReversed()])}), modify choices set(${enumDdl([...MEMBERS.slice(1), 'new', 'a'])})`;

export const createTable = (table: string, columns: readonly TypeColumn[]): string =>
  `create table ${table} (${columns.map(({ name, ddl }) => `${quoteName(name)} ${ddl}`).join(', ')}) character set utf8mb4`;

export type FilledColumn = TypeColumn & Required<Pick<TypeColumn, 'value'>>;
export const filled = (columns: readonly TypeColumn[]): readonly FilledColumn[] =>
  columns.filter((each): each is FilledColumn => each.value !== undefined);

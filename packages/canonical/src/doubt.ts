import { converterOf, isSingle, type Value } from './column-values.ts';
import type { RawColumn } from './raw-image.ts';

/** A column whose values the connector sometimes replaces by others, and how to see that it may have. */
export interface Doubt {
  readonly name: string;
  /** Whether this value may stand for another one; never true where the value is surely the source's. */
  readonly isDoubtful: (raw: unknown, isSnapshot: boolean) => boolean;
}

type Test = Doubt['isDoubtful'];

/** What there is to doubt about a column, decided once per table definition; `docs/reference/values.md` says why. */
export function doubtOf(column: RawColumn): Doubt | undefined {
  const isDoubtful = testOf(column);
  return isDoubtful && { name: column.name, isDoubtful };
}

function testOf(column: RawColumn): Test | undefined {
  if (/^(DATE|TIMESTAMP)/.test(column.type)) return column.isNullable ? undefined : zeroDateTest(column);
  const bySpelling = SPELLINGS.find(([type]) => type.test(column.type));
  if (bySpelling) return bySpelling[1];
  if (isSingle(column)) return (raw, isSnapshot) => isSnapshot && raw !== 0 && typeof raw === 'number';
  if (column.type === 'YEAR') return (raw, isSnapshot) => isSnapshot && raw === 2000;
  if (column.type === 'JSON') return (raw) => typeof raw === 'string' && raw.includes(BROKEN_TIME);
  if (column.charset !== null && !HOLDS_ALL.test(column.charset))
    return (raw) => typeof raw === 'string' && raw.includes('\uFFFD');
  return undefined;
}

/**
 * Names of types that the connector misreads in a DDL of the stream; a snapshot has MySQL's own names. A number that is called BOOLEAN comes as
 * true whatever it is, a REAL in single precision, a FLOAT4 as null.
 */
const SPELLINGS: readonly (readonly [RegExp, Test])[] = [
  [/^BOOL/, (raw) => raw === true],
  [/^REAL/, (raw) => typeof raw === 'number'],
  [/^FLOAT4/, (raw) => raw === null || raw === undefined],
];

/** Character sets of all of Unicode: in any other, the replacement character cannot have been in the source. */
const HOLDS_ALL = /^(utf|ucs|gb18030)/;

/** What the connector makes of a negative TIME inside JSON. */
const BROKEN_TIME = ':0-';

/** A zero date in a column that allows no null arrives as the column's default, or as the epoch where there is none. */
function zeroDateTest(column: RawColumn): Test {
  const toValue = converterOf(column);
  const standsIn = standInOf(column);
  return (raw) => {
    if (raw === null || raw === undefined) return true;
    return asValue(toValue, raw) === standsIn;
  };
}

/** The text of the value that stands for a zero date. A default that is a zero date itself has the epoch in its place too. */
export function standInOf({ type, length, default: initial }: RawColumn): string {
  const written = initial === null || /^0000|-00/.test(initial) ? '' : initial;
  const [, day = '1970-01-01', time = '00:00:00', fraction = ''] =
    /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(?:\.(\d+))?)?$/.exec(written) ?? [];
  if (type === 'DATE') return day;
  const digits = length ?? 0;
  const decimals = digits === 0 ? '' : `.${fraction.padEnd(digits, '0').slice(0, digits)}`;
  return type.startsWith('TIMESTAMP') ? `${day}T${time}${decimals}Z` : `${day} ${time}${decimals}`;
}

function asValue(toValue: (raw: unknown) => Value, raw: unknown): Value | undefined {
  try {
    return toValue(raw);
  } catch {
    return undefined; // it is refused where it is written
  }
}

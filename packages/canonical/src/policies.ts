import type { PackVersion } from '@overlay/model';
import { type ColumnPolicy, Pack } from '@overlay/packs';

/** What a pack says of the sensitive columns of one table, by their names in small letters. */
export interface TablePolicy {
  /** Whose tokens its values get: the pack's name. */
  readonly domain: string;
  readonly table: string;
  readonly columns: ReadonlyMap<string, ColumnPolicy>;
}

/** The tables with sensitive columns, by their names in small letters. */
type PackPolicies = ReadonlyMap<string, TablePolicy>;

/** The policies that hold from a sequence on, and the first that they no longer hold at. */
export interface Stretch {
  readonly policies: PackPolicies;
  readonly from: number;
  readonly until: number;
}

/** Without a pack there is none. */
const NOTHING: Stretch = { policies: new Map(), from: 0, until: Number.POSITIVE_INFINITY };

/** Which policies hold at which sequence of a source: those of the version of the pack that is in force there. */
export class Policies {
  readonly #stretches: readonly Stretch[];

  /** @param landed what is up to here is not read again: versions that were in force only there are not looked at */
  constructor(packs: readonly PackVersion[] = [], landed = 0) {
    const untilOf = (index: number) => packs[index + 1]?.fromSequence ?? Number.POSITIVE_INFINITY;
    this.#stretches = packs
      .map((version, index) => ({ version, from: index === 0 ? 0 : version.fromSequence, until: untilOf(index) }))
      .filter(({ from, until }) => until > landed + 1 && until > from)
      .map(({ version, from, until }) => ({ policies: policiesOf(version), from, until }));
  }

  /** Whether there is nothing to seal, at any sequence. */
  get isEmpty(): boolean {
    return this.#stretches.every(({ policies }) => policies.size === 0);
  }

  at(sequence: number): Stretch {
    return this.#stretches.find(({ from, until }) => from <= sequence && sequence < until) ?? NOTHING;
  }
}

function policiesOf({ content }: PackVersion): PackPolicies {
  const { name: domain, tables } = Pack.parse(content);
  const sensitive = Object.entries(tables).filter(([, { columns }]) => Object.keys(columns).length > 0);
  return new Map(
    sensitive.map(([table, { columns }]) => [
      table.toLowerCase(),
      {
        domain,
        table,
        columns: new Map(Object.entries(columns).map(([column, policy]) => [column.toLowerCase(), policy])),
      },
    ]),
  );
}

/** What a DDL may tell of a column with a policy: whoever has no key of the row's subject tells nothing. */
export const policyOf = (policy: TablePolicy | undefined, column: string): ColumnPolicy | undefined =>
  policy?.columns.get(column.toLowerCase());

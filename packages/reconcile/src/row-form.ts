import {
  ghostOf,
  KeyRing,
  type KeySource,
  likenessOf,
  makeSealing,
  missingKeys,
  type Policies,
  planOf,
  type RawColumn,
  type RowPlan,
  shapeGiven,
  sourceConverterOf,
  sourceExpression,
  type TablePolicy,
  type ToValue,
  type Value,
} from '@overlay/canonical';
import { must, type Row } from '@overlay/model';
import { type Page, quoteName } from '@overlay/mysql';
import type { FoldedTable } from '@overlay/storage';
import type { NotCompared } from './result.ts';

/** A row of the source in the form in which both sides are compared. */
export interface FormedRow {
  /** Canonical JSON of the primary key; `{}` for a table without one. */
  readonly key: string;
  readonly row: string;
}

/** How the rows of a table are brought into one form, from either side. */
export interface RowForm {
  /** SQL of what the source is asked for, in the order of the values. */
  readonly expressions: readonly string[];
  readonly fromSource: (page: Page) => Promise<readonly FormedRow[]>;
  readonly fromLog: (row: string) => string;
  readonly notCompared: readonly NotCompared[];
  /** Why the table cannot be compared at all. */
  readonly obstacle: string | undefined;
  /** Columns that an earlier version of the pack had another policy for, and the first sequence that has this one. */
  readonly rewritten: { readonly until: number; readonly columns: ReadonlySet<string> };
}

export interface Forming {
  readonly table: FoldedTable;
  /** Names of the tables of its database, in the log. */
  readonly tables: readonly string[];
  readonly policies: Policies;
  readonly sequence: number;
  /** Without keys, columns under tokens are not compared. */
  readonly keys: KeySource | undefined;
  /** Columns that the table has at the source. */
  readonly sourceColumns: readonly string[];
}

export async function formOf(forming: Forming): Promise<RowForm> {
  const { table, policies, sequence, keys } = forming;
  const policyAt = makePolicyAt(forming);
  const policy = policyAt(sequence);
  const ring = keys && new KeyRing(keys);
  if (ring && policy) await ring.fetch([policy.domain]);
  const columns = table.columns.map((column): RawColumn => ({ ...column, default: own(table.defaults, column.name) }));
  const tokenize = (text: string): string => {
    const key = policy && ring?.domain(policy.domain);
    must(key, 'a column under tokens is only compared with its keys at hand');
    return key.tokenize(text);
  };
  const plan = planOf(
    { version: 0, ...shapeGiven({ columns, key: table.key }) },
    { policy, tokenize, convert: sourceConverterOf },
  );
  const notCompared = notComparedOf(forming, policy);
  const left = new Set(notCompared.filter(({ why }) => why !== DROPPED).map(({ column }) => column));
  const compared = columns.filter(({ name }) => !left.has(name)).sort(byName);
  const keyLeft = table.key.find((name) => left.has(name));
  const asked = [...new Set([...compared.map(({ name }) => name), ...plan.key])];
  const written = compared.map((column) => ({
    ...memberAt(column.name, asked),
    like: wayOf(policy, column.name) === 'clear' ? likenessOf(column) : undefined,
  }));
  const key = plan.key.map((name) => memberAt(name, asked));
  const valuesOf = makeValuesOf({ plan, asked, source: table.source, ring });
  const isAsItIs = compared.length === columns.length && written.every(({ like }) => like === undefined);
  return {
    expressions: compared.map((column) => sourceExpression(column, quoteName(column.name))),
    fromSource: async (page) =>
      (await valuesOf(page)).map((values) => ({ key: textOf(key, values), row: textOf(written, values) })),
    fromLog: isAsItIs
      ? (row) => row
      : (row) => {
          const image = JSON.parse(row) as Row;
          return textOf(
            written,
            asked.map((name) => own(image, name)),
          );
        },
    notCompared,
    obstacle: keyLeft === undefined ? undefined : `its key has the column ${keyLeft}, which cannot be compared`,
    rewritten: rewrittenOf(policies, sequence, policyAt),
  };
}

/** A member by its name, which may be one that every object inherits. */
const own = <Kept>(members: Readonly<Record<string, Kept>>, name: string): Kept | null =>
  Object.hasOwn(members, name) ? (members[name] ?? null) : null;

const DROPPED = 'its policy drops the values: only whether there is one is compared';
const WITHOUT_KEYS = 'its tokens cannot be made without the keys: set KEYS_URL and MASTER_KEY';

const wayOf = (policy: TablePolicy | undefined, name: string): string =>
  policy?.columns.get(name.toLowerCase())?.policy ?? 'clear';

const byName = (a: RawColumn, b: RawColumn): number => (a.name < b.name ? -1 : 1);

function notComparedOf(
  { table, sourceColumns, keys }: Forming,
  policy: TablePolicy | undefined,
): readonly NotCompared[] {
  const names = table.columns.map(({ name }) => name);
  const whyNot = (name: string): string | undefined => {
    if (!sourceColumns.includes(name)) return 'the source has no such column';
    if (wayOf(policy, name) === 'drop') return DROPPED;
    return !keys && wayOf(policy, name) !== 'clear' ? WITHOUT_KEYS : undefined;
  };
  return [
    ...names.flatMap((column) => {
      const why = whyNot(column);
      return why === undefined ? [] : [{ column, why, rows: null }];
    }),
    ...sourceColumns
      .filter((name) => !names.includes(name))
      .map((column) => ({ column, why: 'the log has no such column', rows: null })),
  ];
}

function makePolicyAt({ table: { table }, tables, policies }: Forming): (sequence: number) => TablePolicy | undefined {
  const base = ghostOf(table, tables)?.base.toLowerCase();
  return (sequence) => {
    const own = policies.at(sequence).policies;
    return own.get(table.toLowerCase()) ?? (base === undefined ? undefined : own.get(base));
  };
}

/** A member of a row's text, and the place of its value. */
interface Member {
  readonly prefix: string;
  readonly at: number;
  readonly like?: ((text: string) => string) | undefined;
}

const memberAt = (name: string, asked: readonly string[]): Member => ({
  prefix: `${JSON.stringify(name)}:`,
  at: asked.indexOf(name),
});

function textOf(members: readonly Member[], values: readonly Value[]): string {
  let text = '';
  for (const { prefix, at, like } of members) {
    const value = values[at] ?? null;
    const written = typeof value !== 'string' ? String(value) : JSON.stringify(like ? like(value) : value);
    text += `${text === '' ? '' : ','}${prefix}${written}`;
  }
  return `{${text}}`;
}

interface Reading {
  readonly plan: RowPlan;
  /** Names of the columns, in the order of the values. */
  readonly asked: readonly string[];
  readonly source: string;
  readonly ring: KeyRing | undefined;
}

/** Makes canonical values of what MySQL answers, with tokens in the place of what is sensitive. */
function makeValuesOf({ plan, asked, source, ring }: Reading): (page: Page) => Promise<readonly (readonly Value[])[]> {
  const converters = asked.map((name): ToValue => plan.converters.get(name) ?? (() => null));
  const convert = (raws: readonly unknown[]): readonly Value[] => converters.map((toValue, at) => toValue(raws[at]));
  const { sealing } = plan;
  if (!sealing || !ring || sealing.subjects.length === 0) return async (page) => page.map(convert);
  const seal = makeSealing(ring);
  return async (page) => {
    const changes = page.map((raws) => ({
      before: null,
      after: Object.fromEntries(asked.map((name, at) => [name, raws[at]])),
    }));
    await ring.fetch([...new Set(changes.flatMap((change) => missingKeys(sealing, change, source, ring)))]);
    return changes.map((change) => {
      const { after } = seal<{ before: null; after: Readonly<Record<string, unknown>> }>(
        change,
        { source, transactionId: '' },
        sealing,
      ).change;
      return convert(asked.map((name) => after[name]));
    });
  };
}

/** Where a table's policy was last another one, and for which columns it ever was. */
function rewrittenOf(
  policies: Policies,
  sequence: number,
  policyAt: (sequence: number) => TablePolicy | undefined,
): RowForm['rewritten'] {
  const now = policyAt(sequence);
  const columns = new Set<string>();
  let until = 0;
  for (let stretch = policies.at(sequence); stretch.from > 0; ) {
    stretch = policies.at(stretch.from - 1);
    const then = policyAt(stretch.from);
    const names = [...(now?.columns.keys() ?? []), ...(then?.columns.keys() ?? [])];
    const changed = names.filter(
      (name) => JSON.stringify(now?.columns.get(name)) !== JSON.stringify(then?.columns.get(name)),
    );
    if (changed.length > 0 && until === 0) until = stretch.until;
    for (const name of changed) columns.add(name);
  }
  return { until, columns };
}

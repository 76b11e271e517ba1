import {
  ghostOf,
  isSameShape,
  type Keys,
  NO_DEFINITION,
  NO_KEYS,
  Policies,
  planOf,
  policyOf,
  type RowPlan,
  type Shape,
  type Stretch,
  shapeGiven,
  TableDefinition,
  type TablePolicy,
} from '@overlay/canonical';
import { identify } from '@overlay/evidence';
import { must, type Recall, type SchemaChangeKind, type SchemaVersion, timestampOf } from '@overlay/model';
import { REDACTED } from '@overlay/sealing';
import { z } from 'zod';
import { type Ddl, type NamedTable, type Rename, readDdl } from './ddl.ts';
import type { RawSchemaChange, RawTable } from './raw-record.ts';
import { stripLiterals } from './strip-literals.ts';

/** The names of the tables that there are, by database. */
const Names = z.record(z.string(), z.array(z.string()));
type Names = z.infer<typeof Names>;

type Memories = readonly (readonly [key: string, value: unknown])[];

/** What a schema change does: what is to be remembered, and the versions that it makes. */
export interface Redefined {
  readonly remember: Memories;
  readonly schemaVersions: readonly SchemaVersion[];
}

/** Where versions stand: what came before them under the same sequence is counted. */
export interface Numbering {
  readonly sequence: number;
  readonly ordinal: number;
}

interface Table {
  readonly database: string;
  readonly table: string;
}

/**
 * The definitions of a source's tables, as far as its records were read. Remembers `table:<database>.<table>` and `tables`; the caller has to
 * remember what {@link redefine} gives before it recalls anything from another one.
 */
export class Definitions {
  readonly #source: string;
  readonly #recall: Recall<unknown>;
  readonly #plans = new Map<string, RowPlan>();
  readonly #policies: Policies;
  readonly #keys: Keys;
  #stretch: Stretch;
  /** What was read or changed in this life. */
  readonly #known = new Map<string, TableDefinition | undefined>();
  #names: Names | undefined;

  constructor(source: string, recall: Recall<unknown>, policies: Policies = new Policies(), keys: Keys = NO_KEYS) {
    this.#source = source;
    this.#recall = recall;
    this.#policies = policies;
    this.#stretch = policies.at(0);
    this.#keys = keys;
  }

  /** How to write the rows of a table under a sequence; undefined for one that was never defined and has no policy. */
  plan(database: string, table: string, sequence: number): RowPlan | undefined {
    this.#enter(sequence);
    const name = `${database}\0${table}`; // which no name of MySQL holds, while it may hold a dot
    const known = this.#plans.get(name);
    if (known) return known;
    const definition = this.find({ database, table });
    const ghost = ghostOf(table, this.names[database] ?? [])?.base ?? null;
    const policy = this.policyOf(table, ghost, sequence);
    if (!definition && !policy) return undefined;
    const plan = planOf(definition ?? NO_DEFINITION, { ghost, policy, tokenize: this.tokenizeOf(policy) });
    this.#plans.set(name, plan);
    return plan;
  }

  /** Another version of the pack may hold there. */
  #enter(sequence: number): void {
    const { from, until } = this.#stretch;
    if (sequence >= from && sequence < until) return;
    this.#stretch = this.#policies.at(sequence);
    this.#plans.clear();
  }

  /** What the pack says of a table, or of the one that it helps to change. */
  policyOf(table: string, ghost: string | null, sequence: number): TablePolicy | undefined {
    this.#enter(sequence);
    const { policies } = this.#stretch;
    return policies.get(table.toLowerCase()) ?? (ghost === null ? undefined : policies.get(ghost.toLowerCase()));
  }

  /** Keys are fetched before a record is decided on. */
  tokenizeOf(policy: TablePolicy | undefined): (text: string) => string {
    return (text) => {
      const key = policy && this.#keys.domain(policy.domain);
      must(key, 'the key of a domain is at hand when a table of it is read');
      return key.tokenize(text);
    };
  }

  /** What is remembered of a name, also of one that no table has now. */
  find({ database, table }: Table): TableDefinition | undefined {
    const key = keyOf({ database, table });
    if (this.#known.has(key)) return this.#known.get(key);
    const remembered = this.#recall(key);
    const definition = remembered === undefined ? undefined : TableDefinition.parse(remembered);
    this.#known.set(key, definition);
    return definition;
  }

  get names(): Names {
    this.#names ??= Names.parse(this.#recall('tables') ?? {});
    return this.#names;
  }

  /** Takes a schema change in. */
  redefine(change: RawSchemaChange, after: Numbering): Redefined {
    this.#plans.clear(); // what one table is to another may have changed too
    const step = new Step(this, this.#source, change, after);
    const redefined = step.run();
    for (const [key, definition] of step.changed) this.#known.set(key, definition);
    this.#names = step.names;
    return redefined;
  }
}

const keyOf = ({ database, table }: Table): string => `table:${database}.${table}`;

interface Change extends Table {
  readonly kind: SchemaChangeKind;
  readonly definition: TableDefinition;
  readonly previous?: Table;
}

/** One schema change, as it goes through the definitions. */
class Step {
  readonly changed = new Map<string, TableDefinition>();
  names: Names;
  readonly #definitions: Definitions;
  readonly #source: string;
  readonly #change: RawSchemaChange;
  readonly #ddl: Ddl;
  readonly #versions: SchemaVersion[] = [];
  #ordinal: number;
  readonly #sequence: number;

  constructor(definitions: Definitions, source: string, change: RawSchemaChange, { sequence, ordinal }: Numbering) {
    this.#definitions = definitions;
    this.#source = source;
    this.#change = change;
    this.#ddl = readDdl(change.statement);
    this.names = definitions.names;
    this.#sequence = sequence;
    this.#ordinal = ordinal;
  }

  run(): Redefined {
    if (this.#change.isSnapshot) for (const table of this.#change.tables) this.#found(table);
    else this.#ddlDone();
    const names = this.names === this.#definitions.names ? [] : [['tables', this.names] as const];
    return { remember: [...this.changed, ...names], schemaVersions: this.#versions };
  }

  #ddlDone(): void {
    const { droppedDatabase, renames } = this.#ddl;
    if (droppedDatabase !== null)
      for (const table of this.names[droppedDatabase] ?? []) this.#drop({ database: droppedDatabase, table });
    const renamed = new Set(renames.map((rename) => this.#rename(rename)));
    for (const given of this.#change.tables) if (!renamed.has(keyOf(given))) this.#redefine(given);
  }

  #find(table: Table): TableDefinition | undefined {
    return this.changed.get(keyOf(table)) ?? this.#definitions.find(table);
  }

  #live(table: Table): TableDefinition | undefined {
    const known = this.#find(table);
    return known?.isDropped ? undefined : known;
  }

  /** A snapshot begins by dropping what it then defines; only the definitions count. */
  #found(given: RawTable): void {
    if (!given.definition) return;
    const known = this.#live(given);
    const shape = this.#shapeOf(given, given.definition);
    if (!known) this.#create(given, shape, 'snapshot');
    else this.#alter(given, known, shape, 'snapshot');
  }

  #redefine(given: RawTable): void {
    const known = this.#live(given);
    if (!given.definition) this.#drop(given);
    else if (known) this.#alter(given, known, this.#shapeOf(given, given.definition), 'alter');
    else this.#create(given, this.#shapeOf(given, given.definition), 'create');
  }

  /** A definition as it is given, with the defaults of sensitive columns as their values are written. */
  #shapeOf({ database, table }: Table, given: NonNullable<RawTable['definition']>): Shape {
    const ghost = ghostOf(table, this.names[database] ?? [])?.base ?? null;
    const policy = this.#definitions.policyOf(table, ghost, this.#sequence);
    const shape = shapeGiven(given);
    if (!policy) return shape;
    const tokenize = this.#definitions.tokenizeOf(policy);
    const columns = shape.columns.map((column) => {
      const own = policyOf(policy, column.name);
      if (!own || own.policy === 'clear' || column.default === null) return column;
      return { ...column, default: own.policy === 'token' ? tokenize(column.default) : REDACTED };
    });
    return { ...shape, columns };
  }

  #create(table: Table, shape: Shape, kind: SchemaChangeKind): void {
    const version = (this.#find(table)?.version ?? 0) + 1;
    this.#set({
      ...only(table),
      kind,
      definition: { ...shape, ...LIVE, id: this.#newId(table), version },
    });
    this.#setName(table, true);
  }

  /** A version for every change of columns, types or key; what takes rows away is written down too. */
  #alter(table: Table, known: TableDefinition, shape: Shape, kind: SchemaChangeKind): void {
    const isSame = isSameShape(known, shape);
    const definition = { ...known, ...shape, version: isSame ? known.version : known.version + 1 };
    if (isSame && !this.#ddl.losesRows) this.changed.set(keyOf(table), definition);
    else this.#set({ ...only(table), kind, definition });
  }

  #drop(table: Table): void {
    const known = this.#live(table);
    if (!known) return;
    this.#set({ ...only(table), kind: 'drop', definition: { ...known, isDropped: true, isBeingReplaced: false } });
    this.#setName(table, false);
  }

  /** Gives the key of the new name. */
  #rename({ from, to }: Rename): string {
    const given = this.#change.tables.find(
      ({ database, table }) => table === to.table && (to.database ?? database) === database,
    );
    const target = { database: to.database ?? given?.database ?? this.#change.database, table: to.table };
    const shape = given?.definition ? this.#shapeOf(target, given.definition) : undefined;
    const origin = this.#originOf(from, target, shape);
    const known = origin && this.#live(origin);
    if (!origin || !known) {
      if (shape) this.#create(target, shape, 'create'); // from where nothing was told of it
      return keyOf(target);
    }
    const moved = { ...known, ...shape };
    const isReplaced = this.#isReplacedBy(origin, target);
    this.changed.set(keyOf(origin), { ...known, isDropped: true, isBeingReplaced: isReplaced });
    this.#setName(origin, false);
    const { id, version } = isReplaced
      ? { id: this.#newId(target), version: (this.#find(target)?.version ?? 0) + 1 }
      : this.#lineOf(origin, target, known, moved);
    this.#set({ ...target, kind: 'rename', previous: origin, definition: { ...moved, ...LIVE, id, version } });
    this.#setName(target, true);
    return keyOf(target);
  }

  /** Whose history a table goes on with under its new name, and at what version. */
  #lineOf(origin: Table, target: Table, known: TableDefinition, moved: Shape): { id: string; version: number } {
    const before = this.#find(target);
    const names = [...(this.names[target.database] ?? []), target.table];
    const isCopy = before?.isBeingReplaced && ghostOf(origin.table, names)?.base === target.table;
    const line = isCopy ? before : known;
    const version = isSameShape(line, moved) ? line.version : line.version + 1;
    // A version of a name is one definition: back under an old name it is the old version, else it counts on.
    const isFree = !before || isCopy || version > before.version;
    const isBack = before?.id === line.id && isSameShape(before, moved) && before.version >= version;
    return { id: line.id, version: isFree ? version : before.version + (isBack ? 0 : 1) };
  }

  /** Whether a table makes room for a copy of itself with another definition. */
  #isReplacedBy(origin: Table, target: Table): boolean {
    const names = this.names[origin.database] ?? [];
    const ghost = ghostOf(target.table, names);
    if (origin.database !== target.database || ghost?.role !== 'old' || ghost.base !== origin.table) return false;
    return names.map((name) => ghostOf(name, names)).some((one) => one?.role === 'copy' && one.base === origin.table);
  }

  /**
   * The table that a rename names without its database: it stood in the one that the session used, which the record does not tell. The one with
   * the same definition is it, the nearest one where there are several.
   */
  #originOf({ database, table }: NamedTable, target: Table, shape: Shape | undefined): Table | undefined {
    if (database !== null) return { database, table };
    const databases = [...new Set([target.database, this.#change.database, ...Object.keys(this.names).sort()])];
    const candidates = databases.map((one) => ({ database: one, table })).filter((one) => this.#live(one));
    const isAlike = (one: Table): boolean => {
      const known = this.#live(one);
      return known !== undefined && shape !== undefined && isSameShape(known, shape);
    };
    return candidates.find(isAlike) ?? candidates[0];
  }

  #newId({ database, table }: Table): string {
    const { gtid, file, position } = this.#change.origin;
    return identify('table', this.#source, database, table, gtid ?? `${file}:${position}`, this.#ordinal);
  }

  #setName({ database, table }: Table, isThere: boolean): void {
    const others = (this.names[database] ?? []).filter((name) => name !== table);
    this.names = { ...this.names, [database]: isThere ? [...others, table].sort() : others };
  }

  #set({ database, table, kind, definition, previous }: Change): void {
    this.changed.set(keyOf({ database, table }), definition);
    const { origin, timestamp, statement } = this.#change;
    this.#ordinal++;
    this.#versions.push({
      source: this.#source,
      sequence: this.#sequence,
      ordinal: this.#ordinal,
      kind,
      tableId: definition.id,
      database,
      table,
      version: definition.version,
      previousDatabase: previous?.database ?? null,
      previousTable: previous?.table ?? null,
      columns: definition.columns.map(({ default: value, ...column }) => ({ ...column, hasDefault: value !== null })),
      key: definition.key,
      defaults: defaultsOf(definition),
      renamedColumns: Object.fromEntries(this.#ddl.renamedColumns),
      losesRows: this.#ddl.losesRows,
      gtid: origin.gtid,
      file: origin.file,
      position: origin.position,
      timestamp: timestampOf(timestamp),
      statement: stripLiterals(statement),
    });
  }
}

/** The connector gives them as they stand in DDL, without the quotes around them. */
const defaultsOf = ({ columns }: Shape): Readonly<Record<string, string>> =>
  Object.fromEntries(
    columns.flatMap(({ name, default: value }) => (value === null ? [] : [[name, value.replaceAll("''", "'")]])),
  );

const LIVE = { isDropped: false, isBeingReplaced: false } as const;
const only = ({ database, table }: Table): Table => ({ database, table });

import { eventTypesOf } from './event-types.ts';
import type { Rollup, Section } from './pack.ts';
import { checkEvent, type Known, type Note, type Path } from './references.ts';
import type { FieldType, Rule } from './rule.ts';
import { eventViewName, rollupViewName } from './view-names.ts';

/** Postgres cuts longer names. */
const NAME_LENGTH_MAX = 63;
/** Columns that every roll-up has. */
const OWN_COLUMNS = ['source', 'day', 'events'];

type Placed<Value> = readonly (readonly [number, Value])[];

/** Events, fields and column names of roll-ups. */
export function checkRollups(rollups: Placed<Rollup>, rules: Placed<Rule>, known: Known, note: Note): void {
  const fieldsOf = fieldTypesOf(rules);
  for (const [index, rollup] of rollups) {
    const at = ['rollups', index];
    checkEvent([...at, 'event'], rollup.event, known, note);
    const fields = fieldsOf.get(rollup.event);
    if (fields) {
      const check = makeFieldCheck(rollup.event, fields, at, note);
      check(['by'], rollup.by, GROUPS);
      check(['label'], rollup.label, NAMES);
      for (const [sum, name] of Object.entries(rollup.measures)) check(['measures', sum], name, NUMBERS);
    }
    checkRollupColumns(rollup, at, note);
  }
}

/** Events and fields of the report's sections. */
export function checkSections(sections: Placed<Section>, rules: Placed<Rule>, known: Known, note: Note): void {
  const fieldsOf = fieldTypesOf(rules);
  for (const [index, { eventType, measure, groupBy, labelBy, except }] of sections) {
    const at = ['report', 'sections', index];
    checkEvent([...at, 'eventType'], eventType, known, note);
    const fields = fieldsOf.get(eventType);
    if (!fields) continue;
    const check = makeFieldCheck(eventType, fields, at, note);
    check(['measure'], measure.kind === 'sum' ? measure.path : undefined, NUMBERS);
    check(['groupBy'], groupBy, GROUPS);
    check(['labelBy'], labelBy, NAMES);
    check(['except'], except?.field, GROUPS);
  }
}

const GROUPS: readonly FieldType[] = ['text', 'integer', 'boolean'];
const NAMES: readonly FieldType[] = ['text'];
const NUMBERS: readonly FieldType[] = ['numeric', 'integer'];

type FieldTypes = ReadonlyMap<string, FieldType>;

const fieldTypesOf = (rules: Placed<Rule>): ReadonlyMap<string, FieldTypes> =>
  new Map(
    eventTypesOf({ rules: rules.map(([, rule]) => rule) }).map(({ type, fields }) => [
      type,
      new Map(fields.map((field) => [field.name, field.type])),
    ]),
  );

/** No two views for analysts, of events or of roll-ups, have one name. */
export function checkViewNames(rollups: Placed<Rollup>, rules: Placed<Rule>, note: Note): void {
  const views = new Map<string, string>();
  const take = (path: Path, name: string, what: string): void => {
    const other = views.get(name);
    if (other !== undefined && other !== what)
      note(path, `gives analysts the view '${name}', which ${other} gives already: choose another name`);
    if (name.length > NAME_LENGTH_MAX)
      note(path, `gives analysts the view '${name}', longer than ${NAME_LENGTH_MAX} characters: choose a shorter name`);
    views.set(name, what);
  };
  for (const [index, { event }] of rules) take(['rules', index, 'event'], eventViewName(event), `event '${event}'`);
  for (const [index, rollup] of rollups) take(['rollups', index], rollupViewName(rollup), `roll-up ${index + 1}`);
}

function checkRollupColumns({ by, label, measures }: Rollup, at: Path, note: Note): void {
  if (label !== undefined && by === undefined)
    note([...at, 'label'], 'names groups, but there are none: add by, or leave it out');
  const columns = [...OWN_COLUMNS];
  const named = [
    ['by', by],
    ['label', label],
    ...Object.keys(measures).map((name) => ['measures', name] as const),
  ] as const;
  for (const [path, name] of named)
    if (name !== undefined) {
      if (columns.includes(name))
        note([...at, path], `gives the roll-up a second column '${name}': choose another name`);
      columns.push(name);
    }
}

const makeFieldCheck =
  (event: string, fields: FieldTypes, at: Path, note: Note) =>
  (path: Path, name: string | undefined, types: readonly FieldType[]): void => {
    if (name === undefined) return;
    const type = fields.get(name);
    if (type === undefined)
      note(
        [...at, ...path],
        `names '${name}', which no rule writes into the payload of '${event}': add it to the rule, or correct the name`,
      );
    else if (!types.includes(type))
      note(
        [...at, ...path],
        `names '${name}', which is declared as ${type}: it must be ${types.join(' or ')}; declare it so in a rule of '${event}', or name another field`,
      );
  };

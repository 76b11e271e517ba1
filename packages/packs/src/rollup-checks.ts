import { eventTypesOf } from './event-types.ts';
import type { Rollup } from './pack.ts';
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
  const types = eventTypesOf({ rules: rules.map(([, rule]) => rule) });
  const fieldsOf = new Map(
    types.map(({ type, fields }) => [type, new Map(fields.map((field) => [field.name, field.type]))]),
  );
  for (const [index, rollup] of rollups) {
    const at = ['rollups', index];
    checkEvent([...at, 'event'], rollup.event, known, note);
    const fields = fieldsOf.get(rollup.event);
    if (fields) checkRollupFields(rollup, fields, at, note);
    checkRollupColumns(rollup, at, note);
  }
}

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

function checkRollupFields(
  { event, by, label, measures }: Rollup,
  fields: ReadonlyMap<string, FieldType>,
  at: Path,
  note: Note,
): void {
  const check = (path: Path, name: string | undefined, types: readonly FieldType[]): void => {
    const type = name === undefined ? types[0] : fields.get(name);
    if (type === undefined)
      note([...at, ...path], `names '${name}', which no rule writes into the payload of '${event}': correct the name`);
    else if (!types.includes(type))
      note(
        [...at, ...path],
        `names '${name}', which is declared as ${type}: it must be ${types.join(' or ')}; declare it so in a rule of '${event}', or name another field`,
      );
  };
  check(['by'], by, ['text', 'integer', 'boolean']);
  check(['label'], label, ['text']);
  for (const [sum, name] of Object.entries(measures)) check(['measures', sum], name, ['numeric', 'integer']);
}

import {
  EVENT_VARIABLES,
  expressionMistake,
  isTakenName,
  ROW_VARIABLES,
  ruleVariables,
  VALUE_VARIABLES,
  type Variables,
} from './expression.ts';
import { Detector, Section } from './pack.ts';
import { COMPUTED_SLOTS, slotsOf } from './reasons.ts';
import { type Join, Rule } from './rule.ts';

/** Where in the document, and what is wrong. `offset` counts characters into the text that stands there. */
export interface Mistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly offset?: number;
}

/** What the parts of a pack may refer to. */
interface Known {
  readonly tables: ReadonlySet<string>;
  readonly labelled: ReadonlySet<string>;
  /** What tables remember, as `<table>.<name>`. */
  readonly remembered: ReadonlySet<string>;
  /** Payload fields by event type, over all rules that give such events. */
  readonly payloads: ReadonlyMap<string, ReadonlySet<string>>;
}

type Path = readonly (string | number)[];
type Note = (path: Path, message: string, offset?: number) => void;

/**
 * What the structure alone cannot say: expressions that do not compile, names that nothing declares, ids that come twice. Takes the raw
 * document and looks at whatever of it is well formed, so that these mistakes are told together with those of structure.
 */
export function referenceMistakes(document: unknown): Mistake[] {
  const mistakes: Mistake[] = [];
  const note: Note = (path, message, offset = 0) => mistakes.push({ path, message, offset });
  const rules = wellFormed(Rule, list(document, 'rules'));
  const detectors = wellFormed(Detector, list(document, 'detectors'));
  const sections = wellFormed(Section, list(field(document, 'report'), 'sections'));
  const known = gather(document);

  for (const [index, rule] of rules) checkRule(rule, ['rules', index], known, note);
  checkPrecedence(list(document, 'rules'), note);
  checkFields(rules, note);
  checkTables(document, note);
  for (const [index, detector] of detectors) checkDetector(detector, ['detectors', index], known, note);
  for (const [index, section] of sections) checkSection(section, ['report', 'sections', index], known, note);
  checkActors(document, known, note);
  for (const [name, entries, at] of [
    ['rules', rules, ['rules']],
    ['detectors', detectors, ['detectors']],
    ['sections', sections, ['report', 'sections']],
  ] as const)
    checkUnique(name, entries, at, note);
  return mistakes;
}

/** Also from rules with mistakes of their own, so that one mistake does not bring others after it. */
function gather(document: unknown): Known {
  const tables = Object.entries(field(document, 'tables') ?? {});
  const payloads = new Map<string, Set<string>>();
  for (const rule of list(document, 'rules')) {
    const event = String(field(rule, 'event'));
    const fields = payloads.get(event) ?? new Set(['occurred_at']);
    for (const name of Object.keys(field(rule, 'payload') ?? {})) fields.add(name);
    payloads.set(event, fields);
  }
  return {
    tables: new Set(tables.map(([name]) => name)),
    labelled: new Set(tables.filter(([, table]) => field(table, 'label') !== undefined).map(([name]) => name)),
    remembered: new Set(
      tables.flatMap(([name, table]) => Object.keys(field(table, 'remember') ?? {}).map((what) => `${name}.${what}`)),
    ),
    payloads,
  };
}

function checkRule(rule: Rule, at: Path, known: Known, note: Note): void {
  const check = (path: Path, expression: string, variables: Variables, isCondition: boolean) =>
    checkExpression([...at, ...path], expression, variables, isCondition, known, note);
  const whole = ruleVariables(Object.fromEntries(Object.entries(rule.joins).filter(([name]) => !isTakenName(name))));

  checkTable([...at, 'anchor', 'table'], rule.anchor.table, known, note);
  if (rule.anchor.where !== undefined) check(['anchor', 'where'], rule.anchor.where, ROW_VARIABLES, true);
  checkJoins(rule, at, known, note, check);
  for (const [index, condition] of rule.when.entries()) check(['when', index], condition, whole, true);
  check(['entity', 'id'], rule.entity.id, whole, false);
  if (rule.occurredAt !== undefined) check(['occurredAt'], rule.occurredAt, whole, false);
  for (const [index, doubt] of rule.doubts.entries()) check(['doubts', index, 'when'], doubt.when, whole, true);
  for (const [name, { value, type }] of Object.entries(rule.payload)) {
    check(type === undefined ? ['payload', name] : ['payload', name, 'value'], value, whole, false);
    if (name === 'doubts' || name === 'occurred_at')
      note([...at, 'payload', name], `'${name}' is written by the engine: give the field another name`);
  }
}

/** All rules that give one type of event mean the same by a field of one name. */
function checkFields(rules: readonly (readonly [number, Rule])[], note: Note): void {
  const declared = new Map<string, string>();
  for (const [index, { event, payload }] of rules)
    for (const [name, { type, comment }] of Object.entries(payload)) {
      const meaning = type && `${type} '${comment}'`;
      const known = declared.get(`${event} ${name}`) ?? meaning;
      if (known !== undefined) declared.set(`${event} ${name}`, known);
      if (meaning !== undefined && known !== meaning)
        note(
          ['rules', index, 'payload', name],
          `is declared as ${meaning}, but as ${known} above: leave out type and comment here`,
        );
    }
}

function checkTables(document: unknown, note: Note): void {
  for (const [table, declared] of Object.entries(field(document, 'tables') ?? {})) {
    const key = list(declared, 'key');
    for (const [column, policy] of Object.entries(field(declared, 'columns') ?? {}))
      for (const [index, subject] of list(policy, 'subject').entries())
        if (!key.includes(subject))
          note(
            ['tables', table, 'columns', column, 'subject', index],
            `names '${subject}', which is no key column of '${table}': use ${key.join(', ')}`,
          );
  }
}

/** Claims can only be of rules that were applied before. */
function checkPrecedence(rules: readonly unknown[], note: Note): void {
  const above = new Set<unknown>();
  for (const [index, rule] of rules.entries()) {
    for (const [place, id] of list(field(rule, 'anchor'), 'unlessClaimedBy').entries())
      if (!above.has(id))
        note(
          ['rules', index, 'anchor', 'unlessClaimedBy', place],
          `speaks of rule '${id}', which does not stand above: move that rule up, or correct the id`,
        );
    above.add(field(rule, 'id'));
  }
}

type CheckAt = (path: Path, expression: string, variables: Variables, isCondition: boolean) => void;

function checkJoins(rule: Rule, at: Path, known: Known, note: Note, check: CheckAt): void {
  const above = new Set<string>();
  for (const [name, join] of Object.entries(rule.joins)) {
    const path = [...at, 'joins', name];
    checkTable([...path, 'table'], join.table, known, note);
    if (isTakenName(name)) {
      note(path, `'${name}' already means something in expressions: give the join another name`);
      continue;
    }
    checkJoinColumns(join, path, above, note);
    if (join.where !== undefined) check(['joins', name, 'where'], join.where, ROW_VARIABLES, true);
    above.add(name);
  }
}

function checkJoinColumns(join: Join, path: Path, above: ReadonlySet<string>, note: Note): void {
  const columns = Object.entries(join.on);
  if (columns.length === 0) note([...path, 'on'], 'says no column: name at least one that both tables share');
  const joins = new Set(columns.flatMap(([, from]) => (from.includes('.') ? [from.split('.')[0]] : [])));
  if (joins.size > 1)
    note(
      [...path, 'on'],
      `speaks of the joins ${[...joins].join(' and ')}: take columns of one of them, and of the anchor`,
    );
  for (const [column, from] of columns) {
    const [via] = from.includes('.') ? from.split('.') : [];
    if (via !== undefined && !above.has(via))
      note([...path, 'on', column], `speaks of join '${via}', which does not stand above: declare it first`);
  }
}

function checkDetector(detector: Detector, at: Path, known: Known, note: Note): void {
  const variables = detector.method === 'large_value' ? VALUE_VARIABLES : EVENT_VARIABLES;
  const check = (path: Path, expression: string | undefined, isCondition: boolean, named = EVENT_VARIABLES) => {
    if (expression !== undefined) checkExpression([...at, ...path], expression, named, isCondition, known, note);
  };
  for (const name of ['event', 'unless'] as const) checkEvent([...at, name], detector[name], known, note);
  check(['where'], detector.where, true);
  check(['entity', 'id'], detector.entity.id, false);
  check(['entity', 'label'], detector.entity.label, false);
  for (const [index, policy] of detector.policies.entries())
    check(['policies', index, 'when'], policy.when, true, variables);
  for (const [path, expression] of ownExpressions(detector)) check(path, expression, path[0] === 'material', variables);
  checkReasons(detector, at, known, note);
  const { low, medium, high, critical } = detector.severity;
  if (!(low <= medium && medium <= high && high <= critical))
    note([...at, 'severity'], 'must rise: write low, medium, high and critical from small to large');
}

function ownExpressions(detector: Detector): [Path, string | undefined][] {
  switch (detector.method) {
    case 'large_value':
      return [
        [['value'], detector.value],
        [['material'], detector.material],
        ...Object.entries(detector.series).map(([name, text]): [Path, string] => [['series', name], text]),
      ];
    case 'rare_change':
      return [
        [['from'], detector.from],
        [['to'], detector.to],
      ];
    case 'closed_hours':
      return [
        [['place'], detector.place],
        [['value'], detector.value],
        ...detector.times.map((text, index): [Path, string] => [['times', index], text]),
      ];
  }
}

function checkReasons(detector: Detector, at: Path, known: Known, note: Note): void {
  const fields = known.payloads.get(detector.event);
  if (!fields) return;
  const sentences: [Path, string][] = detector.reasons.map((text, index) => [[...at, 'reasons', index], text]);
  for (const [index, policy] of detector.policies.entries())
    if (policy.reason !== undefined) sentences.push([[...at, 'policies', index, 'reason'], policy.reason]);
  const computed = COMPUTED_SLOTS[detector.method];
  for (const [path, sentence] of sentences)
    for (const slot of slotsOf(sentence).flat())
      if (!fields.has(slot) && !computed.includes(slot))
        note(
          path,
          `has a slot {${slot}} that nothing fills: use a field of the payload of '${detector.event}' or one of ${computed.join(', ')}`,
        );
}

function checkSection(section: Section, at: Path, known: Known, note: Note): void {
  checkEvent([...at, 'eventType'], section.eventType, known, note);
  const fields = known.payloads.get(section.eventType);
  if (!fields) return;
  const named: [string, string | undefined][] = [
    ['measure', section.measure.kind === 'sum' ? section.measure.path : undefined],
    ['groupBy', section.groupBy],
    ['labelBy', section.labelBy],
    ['except', section.except?.field],
  ];
  for (const [key, name] of named)
    if (name !== undefined && !fields.has(name))
      note(
        [...at, key],
        `names '${name}', which no rule writes into the payload of '${section.eventType}': add it to the rule, or correct the name`,
      );
}

function checkActors(document: unknown, known: Known, note: Note): void {
  const actors = field(document, 'actors');
  const labels = field(actors, 'labels');
  if (typeof labels === 'string' && !known.labelled.has(labels))
    note(['actors', 'labels'], `'${labels}' is no table with a label: declare it under tables, with label`);
  for (const [index, column] of list(actors, 'columns').entries()) {
    const table = field(column, 'table');
    if (typeof table === 'string') checkTable(['actors', 'columns', index, 'table'], table, known, note);
  }
}

function checkTable(path: Path, table: string, known: Known, note: Note): void {
  if (!known.tables.has(table))
    note(path, `table '${table}' is not declared: add it under tables, or correct the name`);
}

function checkEvent(path: Path, event: string | undefined, known: Known, note: Note): void {
  if (event !== undefined && !known.payloads.has(event))
    note(
      path,
      `no rule gives events of type '${event}': add such a rule, or use one of ${[...known.payloads.keys()].join(', ')}`,
    );
}

function checkExpression(
  path: Path,
  expression: string,
  variables: Variables,
  isCondition: boolean,
  known: Known,
  note: Note,
): void {
  const mistake = expressionMistake(expression, variables, isCondition);
  if (mistake) {
    note(path, mistake.message, mistake.offset);
    return;
  }
  for (const match of expression.matchAll(/\blabel\(\s*(['"])(\w+)\1/g)) {
    const table = match[2] ?? '';
    if (!known.labelled.has(table))
      note(path, `asks for labels of '${table}', which has none: give the table a label under tables`, match.index);
  }
  checkRemembered(path, expression, known, note);
}

/** `remembered('<table>', '<name>', key)` asks for what the table remembers. */
function checkRemembered(path: Path, expression: string, known: Known, note: Note): void {
  for (const { 2: table, 4: name, index } of expression.matchAll(/\bremembered\(\s*(['"])(\w+)\1\s*,\s*(['"])(\w+)\3/g))
    if (!known.remembered.has(`${table}.${name}`))
      note(
        path,
        `asks for '${name}' of '${table}', which it does not remember: add it under remember of the table`,
        index,
      );
}

function checkUnique(
  what: string,
  entries: readonly (readonly [number, { id: string }])[],
  at: Path,
  note: Note,
): void {
  const seen = new Set<string>();
  for (const [index, { id }] of entries) {
    if (seen.has(id)) note([...at, index, 'id'], `'${id}' comes twice among the ${what}: give each its own id`);
    seen.add(id);
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}

function list(value: unknown, name: string): readonly unknown[] {
  const found = field(value, name);
  return Array.isArray(found) ? found : [];
}

/** The entries that fit their schema, with their places in the document. */
function wellFormed<Value>(
  schema: { readonly safeParse: (value: unknown) => { readonly success: boolean; readonly data?: Value | undefined } },
  values: readonly unknown[],
): [number, Value][] {
  return values.flatMap((value, index): [number, Value][] => {
    const { data } = schema.safeParse(value);
    return data === undefined ? [] : [[index, data]];
  });
}

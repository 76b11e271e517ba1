import { EVENT_VARIABLES, VALUE_VARIABLES } from './expression.ts';
import { Detector, Rollup, Section } from './pack.ts';
import { COMPUTED_SLOTS, slotsOf } from './reasons.ts';
import {
  checkEvent,
  checkExpression,
  checkTable,
  field,
  type Known,
  list,
  type Mistake,
  type Note,
  type Path,
} from './references.ts';
import { checkRollups, checkSections, checkViewNames } from './rollup-checks.ts';
import { Rule } from './rule.ts';
import { checkFields, checkNames, checkPrecedence, checkRule } from './rule-checks.ts';

/**
 * What the structure alone cannot say: expressions that do not compile, names that nothing declares, ids that come twice. Takes the raw
 * document and looks at whatever of it is well formed, so that these mistakes are told together with those of structure.
 */
export function referenceMistakes(document: unknown): Mistake[] {
  const mistakes: Mistake[] = [];
  const note: Note = (path, message, offset = 0) => mistakes.push({ path, message, offset });
  const rules = wellFormed(Rule, list(document, 'rules'));
  const detectors = wellFormed(Detector, list(document, 'detectors'));
  const rollups = wellFormed(Rollup, list(document, 'rollups'));
  const sections = wellFormed(Section, list(field(document, 'report'), 'sections'));
  const known = gather(document);

  for (const [index, rule] of rules) checkRule(rule, ['rules', index], known, note);
  checkPrecedence(list(document, 'rules'), note);
  checkFields(rules, note);
  checkNames(rules, note);
  checkTables(document, note);
  for (const [index, detector] of detectors) checkDetector(detector, ['detectors', index], known, note);
  checkSections(sections, rules, known, note);
  checkRollups(rollups, rules, known, note);
  checkViewNames(rollups, rules, note);
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

function checkTables(document: unknown, note: Note): void {
  const tables = field(document, 'tables');
  for (const [table, declared] of Object.entries(tables ?? {}))
    for (const [column, policy] of Object.entries(field(declared, 'columns') ?? {})) {
      const at: Path = ['tables', table, 'columns', column];
      if (field(policy, 'of') === undefined) checkOwnSubject(at, table, list(declared, 'key'), policy, note);
      else checkSubjectElsewhere(at, tables, policy, note);
    }
}

function checkOwnSubject(at: Path, table: string, key: readonly unknown[], policy: unknown, note: Note): void {
  for (const [index, subject] of list(policy, 'subject').entries())
    if (!key.includes(subject))
      note(
        [...at, 'subject', index],
        `names '${subject}', which is no key column of '${table}': use ${key.join(', ')}, or say with 'of' which table it refers to`,
      );
}

function checkSubjectElsewhere(at: Path, tables: unknown, policy: unknown, note: Note): void {
  const of = String(field(policy, 'of'));
  const key = list(field(tables, of), 'key');
  if (field(tables, of) === undefined)
    note([...at, 'of'], `names '${of}', which is no table of this pack: declare it under tables`);
  else if (key.length !== list(policy, 'subject').length)
    note([...at, 'subject'], `must name a column for each key column of '${of}': ${key.join(', ')}`);
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

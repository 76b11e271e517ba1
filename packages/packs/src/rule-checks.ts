import { isTakenName, ROW_VARIABLES, ruleVariables, type Variables } from './expression.ts';
import { checkExpression, checkTable, field, type Known, list, type Note, type Path } from './references.ts';
import type { Join, Rule } from './rule.ts';

/** Expressions, tables and joins of one rule. */
export function checkRule(rule: Rule, at: Path, known: Known, note: Note): void {
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

/** All rules that give one type of event mean the same by a field of one name. */
export function checkFields(rules: readonly (readonly [number, Rule])[], note: Note): void {
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

/** Events that the engine gives by itself, by rules of the same names. */
const ENGINE_EVENTS = ['bulk.change', 'table.truncated'];

/** What the engine gives, no rule gives. */
export function checkNames(rules: readonly (readonly [number, Rule])[], note: Note): void {
  for (const [index, rule] of rules)
    for (const key of ['id', 'event'] as const)
      if (ENGINE_EVENTS.includes(rule[key]))
        note(['rules', index, key], `'${rule[key]}' is what the engine itself gives: choose another name`);
}

/** Claims can only be of rules that were applied before. */
export function checkPrecedence(rules: readonly unknown[], note: Note): void {
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

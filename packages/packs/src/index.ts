export { foldByPack } from './by-version.ts';
export { type Calendar, type LocalTime, makeCalendar } from './calendar.ts';
export { sum } from './decimal.ts';
export { type EventField, type EventType, eventTypesOf } from './event-types.ts';
export { type Example, ExampleFile, type Expected, type GivenRow, parseExamples } from './example.ts';
export {
  type Condition,
  conditionOf,
  EVENT_VARIABLES,
  type Evaluate,
  failureOf,
  type Json,
  type Lookups,
  makeCompiler,
  ROW_VARIABLES,
  ruleVariables,
  VALUE_VARIABLES,
  type Variables,
} from './expression.ts';
export { jsonSchemas } from './json-schema.ts';
export {
  type Actors,
  type ClosedHours,
  type ColumnPolicy,
  type Detector,
  type Hours,
  type LargeValue,
  type Measure,
  type OpeningHours,
  Pack,
  type Policy,
  type RareChange,
  type Rollup,
  type Section,
  Severity,
  type Table,
} from './pack.ts';
export { type Parsed, parsePack } from './parse.ts';
export { fillSlots, slotsOf } from './reasons.ts';
export type { Field, FieldType, Join, Rule } from './rule.ts';
export { eventViewName, rollupViewName } from './view-names.ts';
export type { PackFile } from './yaml.ts';

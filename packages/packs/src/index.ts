export { foldByPack } from './by-version.ts';
export { type Calendar, type LocalTime, makeCalendar } from './calendar.ts';
export {
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
export {
  type Actors,
  type ClosedHours,
  type Detector,
  type Hours,
  type Join,
  type LargeValue,
  type Measure,
  type OpeningHours,
  Pack,
  type Policy,
  type RareChange,
  type Rule,
  type Section,
  Severity,
  type Table,
} from './pack.ts';
export { type Parsed, parsePack } from './parse.ts';
export { fillSlots, slotsOf } from './reasons.ts';

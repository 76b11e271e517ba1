export type { Act, ActName, Facts } from './act.ts';
export { type ActLine, actLine } from './acts-file.ts';
export { type HistoryOptions, history } from './business.ts';
export { makeRecorder, type Recorded, type Row, type RowChange, recordAll } from './recording.ts';
export type { Scenario } from './scenario.ts';
export { readScenario } from './scenario-file.ts';
export { TABLES, type Table } from './schema.ts';
export { makeTruthCollector, type Truth, waveTruths } from './truth.ts';

export { EXIT } from './exits.ts';
export type { Io } from './io.ts';
export { runAuditctl } from './program.ts';

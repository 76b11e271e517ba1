import type { Fault } from './arena.ts';
import { none } from './f00-none.ts';
import { crashPoints } from './f02-crash-points.ts';
import { zombie } from './f03-zombie.ts';
import { connectKilled } from './f04-connect.ts';
import { duplicates } from './f22-duplicates.ts';
import { recordsLost } from './f23-records-lost.ts';
import { random } from './f26-random.ts';
import { ddl } from './f30-ddl.ts';
import { keys } from './f31-keys.ts';
import { huge } from './f32-huge.ts';
import { statements } from './f33-statements.ts';
import { malformed } from './f35-malformed.ts';
import { poison } from './f36-poison.ts';
import { calendar } from './f37-calendar.ts';
import { tamper } from './f42-tamper.ts';
import { proofs } from './f43-proofs.ts';
import { canaries } from './f52-canaries.ts';

const all = [
  none,
  crashPoints,
  zombie,
  connectKilled,
  duplicates,
  recordsLost,
  random,
  ddl,
  keys,
  huge,
  statements,
  malformed,
  poison,
  calendar,
  tamper,
  proofs,
  canaries,
];

/** Every fault that can be played, by its name in the programme. */
export const faults: ReadonlyMap<string, Fault> = new Map(all.map((fault) => [fault.name, fault]));

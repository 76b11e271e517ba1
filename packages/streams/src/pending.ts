import type {
  DeadLetter,
  Items,
  Repeat,
  SchemaVersion,
  SensitiveColumn,
  UnexplainedChange,
  WrittenRecord,
} from '@overlay/model';
import type { SetAside } from './aside.ts';
import type { Message } from './kafka.ts';

/** What was decided since the last landing. */
export interface Pending<Out> {
  records: WrittenRecord<Out>[];
  remember: Map<string, unknown>;
  deadLetters: DeadLetter[];
  asides: SetAside[];
  repeats: Repeat[];
  schemaVersions: SchemaVersion[];
  unexplained: UnexplainedChange[];
  sensitive: SensitiveColumn[];
  /** The last message that is accounted for. */
  settled: Message | undefined;
  /** Bytes of the messages up to it. */
  bytes: number;
}

export const emptyPending = (): Pending<never> => ({
  records: [],
  remember: new Map(),
  deadLetters: [],
  asides: [],
  repeats: [],
  schemaVersions: [],
  unexplained: [],
  sensitive: [],
  settled: undefined,
  bytes: 0,
});

/** All dead letters of a landing, those by themselves first. */
export function lettersOf({ deadLetters, asides }: Pending<unknown>): Items<DeadLetter> {
  if (asides.length === 0) return deadLetters;
  const lists = [deadLetters, ...asides.map(({ letters }) => letters)];
  return {
    length: lists.reduce((sum, { length }) => sum + length, 0),
    *[Symbol.iterator]() {
      for (const list of lists) yield* list;
    },
  };
}

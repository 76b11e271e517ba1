import type { Actor, ActorGrade } from './business-event.ts';
import type { Timestamp } from './time.ts';

/** Who did one transaction, as far as its statements and rows say. */
export interface TransactionActor {
  readonly source: string;
  readonly sequence: number;
  /** Commit time of the transaction. */
  readonly timestamp: Timestamp;
  /** Nobody where nothing says it; more than one where statements or columns name different people: then none of them is picked. */
  readonly actors: readonly Actor[];
}

/** What the word on a transaction's actor is: the grade of its only one, or that there are several. */
export type TransactionGrade = ActorGrade | 'several';

/** Grades of transactions, the surest first. */
export const TRANSACTION_GRADES: readonly TransactionGrade[] = [
  'exact',
  'corroborated',
  'inferred',
  'several',
  'unknown',
];

export function gradeOf({ actors }: Pick<TransactionActor, 'actors'>): TransactionGrade {
  const [first, second] = actors;
  return second === undefined ? (first?.grade ?? 'unknown') : 'several';
}

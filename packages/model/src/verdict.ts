import type { Gap } from './gap.ts';

/** What was wrong with a piece of input. `code` stands in {@link FAULT_CODES}; `detail` is for people and holds no row values. */
export interface Fault {
  readonly code: FaultCode;
  readonly detail: string;
  /** The sequence that the input belongs to, where it is known. */
  readonly sequence?: number;
}

/** Why input can be refused; `docs/reference/faults.md` lists the same set. */
export const FAULT_CODES = {
  'raw.not_json': 'the bytes of a raw record are not JSON',
  'raw.not_avro': 'the bytes of a framed raw record are not Avro of a schema that the registry has',
  'raw.unknown_shape': 'a raw record is neither a row, a transaction marker nor a schema change',
  'raw.value': 'a column value does not fit the column type that the schema declares',
  'record.unreadable': 'a record of one of our own topics does not fit its contract',
  'raw.set_aside': 'a raw record that can be read, of a transaction that cannot: it is kept with the others',
  'rule.failed': 'a rule of the pack could not be evaluated on a transaction',
  'detector.failed': 'a detector could not be evaluated on a record',
} as const;
export type FaultCode = keyof typeof FAULT_CODES;

/** The outcome of one decision of a stage on one record. */
export type Verdict<Out> =
  | { readonly kind: 'emit'; readonly out: Out; readonly faults?: readonly Fault[] }
  | { readonly kind: 'skip'; readonly why: string; readonly repeats?: Repeat }
  | { readonly kind: 'reject'; readonly fault: Fault }
  /** The unit that the record belongs to cannot be read whole: it is to be read once more from its first record, and set aside. */
  | { readonly kind: 'poison'; readonly unit: string; readonly fault: Fault }
  | { readonly kind: 'gap'; readonly gap: Gap };

/** How many rows of one table a transaction changed. */
export interface RowCount {
  readonly database: string;
  readonly table: string;
  readonly rows: number;
}

/** A transaction that came again: it must be the one that landed, or the source's history was rewritten. */
export interface Repeat {
  readonly transactionId: string;
  readonly timestamp: string;
  readonly itemCount: number;
  /** The tables that its changes are of. */
  readonly tables: readonly RowCount[];
}

export const skip = (why: string): Verdict<never> => ({ kind: 'skip', why });
export const reject = (code: FaultCode, detail: string): Verdict<never> => ({
  kind: 'reject',
  fault: { code, detail },
});

import type { Hash } from '@overlay/evidence';
import type { ClientBase } from 'pg';
import type { Finding } from './finding.ts';

/** A sequence as its rows say it is now. */
export interface Recomputed {
  readonly sequence: number;
  /** Undefined when it has no row. */
  readonly leaf: Hash | undefined;
  readonly events: number;
}

/** Computes the leaves of the sequences `from` to `to` of a log from its stored rows alone, in order, and tells of whatever differs beside them. */
export type Recompute = (
  client: ClientBase,
  range: { readonly source: string; readonly from: number; readonly to: number },
  onLeaf: (recomputed: Recomputed) => void,
  onFinding: (finding: Finding) => void,
) => Promise<void>;

import { SELF_AUDIT } from '@overlay/model';
import { recompute } from './recompute.ts';
import { recomputeActs } from './recompute-acts.ts';
import type { Recompute } from './recomputed.ts';

/** What the leaves of a log are made of. */
interface LogRows {
  readonly recompute: Recompute;
  /** SQL for the stored leaves: of a source, from a sequence to another. */
  readonly leaves: string;
}

const sequences: LogRows = {
  recompute,
  leaves: 'select leaf from audit.transactions where source = $1 and sequence between $2 and $3 order by sequence',
};

const acts: LogRows = {
  recompute: recomputeActs,
  leaves: `select leaf from audit.self_audit where '${SELF_AUDIT}' = $1 and sequence between $2 and $3 order by sequence`,
};

/** The log of a source is made of what landed, the self-audit of acts. */
export const rowsOf = (source: string): LogRows => (source === SELF_AUDIT ? acts : sequences);

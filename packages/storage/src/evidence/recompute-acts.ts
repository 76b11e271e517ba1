import { actEntry, leafHash } from '@overlay/evidence';
import { instant } from '../queries/sql.ts';
import type { Recompute } from './recomputed.ts';

interface ActRow {
  sequence: string;
  at: string;
  login: string;
  body: string;
  leaf: Buffer;
}

/** Acts that are read at a time. */
const PAGE_ACTS = 5000;

/** The leaves of the self-audit, by its rows: one for each act, without events. */
export const recomputeActs: Recompute = async (client, { source, from, to }, onLeaf, onFinding) => {
  for (let first = from; first <= to; first += PAGE_ACTS) {
    const last = Math.min(first + PAGE_ACTS - 1, to);
    const { rows } = await client.query<ActRow>(
      `select sequence, ${instant('at')} as at, login, body::text as body, leaf from audit.self_audit where sequence between $1 and $2`,
      [first, last],
    );
    const bySequence = new Map(rows.map((row) => [Number(row.sequence), row]));
    for (let sequence = first; sequence <= last; sequence++) {
      const row = bySequence.get(sequence);
      const leaf = row && leafHash(actEntry({ ...row, sequence }));
      const what = row ? 'not what was logged: the row gives another leaf' : 'missing';
      if (row?.leaf.toString('latin1') !== leaf || !row) onFinding({ source, first: sequence, last: sequence, what });
      onLeaf({ sequence, leaf, events: 0 });
    }
  }
};

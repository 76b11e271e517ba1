import { isoInstant } from './time.ts';
import type { TroubleMark } from './transaction.ts';

/** What the generator did on purpose, for judging what was found. One line of JSON each. */
export type Truth = Pick<TroubleMark, 'id' | 'family' | 'kind' | 'entity' | 'branch_id'> & {
  /** Commit times of its first and last transaction. */
  readonly window: { readonly from: string; readonly to: string };
  readonly intensity: number;
  readonly intensity_unit: 'units' | 'role_changes';
  readonly transactions: readonly Readonly<Record<string, number | string>>[];
};

export type TruthCollector = {
  /** Takes a piece of trouble in commit order; answers with the whole truth once its last piece is in. */
  readonly add: (mark: TroubleMark, at_us: number) => Truth | undefined;
  /** The troubles cut off before their last piece. */
  readonly unfinished: () => Truth[];
};

type Piece = { readonly mark: TroubleMark; readonly at_us: number };

export function makeTruthCollector(): TruthCollector {
  const open = new Map<string, Piece[]>();
  return {
    add: (mark, at_us) => {
      const pieces = open.get(mark.id) ?? [];
      pieces.push({ mark, at_us });
      if (!mark.isLast) {
        open.set(mark.id, pieces);
        return undefined;
      }
      open.delete(mark.id);
      return truthOf(mark, pieces);
    },
    unfinished: () => [...open.values()].flatMap((pieces) => (pieces[0] ? [truthOf(pieces[0].mark, pieces)] : [])),
  };
}

function truthOf(mark: TroubleMark, pieces: readonly Piece[]): Truth {
  const { id, family, kind, entity, branch_id } = mark;
  const times = pieces.map((piece) => piece.at_us);
  return {
    id,
    family,
    kind,
    entity,
    branch_id,
    window: { from: isoInstant(Math.min(...times)), to: isoInstant(Math.max(...times)) },
    intensity: pieces.reduce((sum, piece) => sum + piece.mark.weight, 0),
    intensity_unit: kind === 'self_promotion' ? 'role_changes' : 'units',
    transactions: pieces.map((piece) => ({ at: isoInstant(piece.at_us), ...piece.mark.keys })),
  };
}

import { isoInstant } from './time.ts';
import type { TroubleMark } from './transaction.ts';
import type { Wave } from './waves.ts';

/**
 * What the generator did on purpose, for judging what was found: trouble, or with `isAnomaly: false` what only looks like it.
 * One line of JSON each.
 */
export type Truth = Pick<TroubleMark, 'id' | 'family' | 'kind' | 'isAnomaly' | 'entity' | 'branch_id'> & {
  /** Commit times of its first and last transaction; of a wave its own bounds. */
  readonly window: { readonly from: string; readonly to: string };
  readonly intensity: number;
  readonly intensity_unit: TroubleMark['unit'];
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
  const { id, family, kind, isAnomaly, entity, branch_id } = mark;
  const times = pieces.map((piece) => piece.at_us);
  return {
    id,
    family,
    kind,
    isAnomaly,
    entity,
    branch_id,
    window: { from: isoInstant(Math.min(...times)), to: isoInstant(Math.max(...times)) },
    intensity: pieces.reduce((sum, piece) => sum + piece.mark.weight, 0),
    intensity_unit: mark.unit,
    transactions: pieces.map((piece) => ({ at: isoInstant(piece.at_us), ...piece.mark.keys })),
  };
}

/** The truth of what moved demand and has no transactions of its own: all that began before `until_us`. */
export function waveTruths(waves: readonly Wave[], until_us: number): Truth[] {
  return waves
    .filter(({ from_us }) => from_us < until_us)
    .map(({ id, kind, entity, from_us, to_us, customers }) => ({
      ...{ id, kind, entity, isAnomaly: false, branch_id: null },
      family: kind === 'holiday' ? ('branch' as const) : ('product' as const),
      window: { from: isoInstant(from_us), to: isoInstant(Math.min(to_us, until_us)) },
      ...{ intensity: customers, intensity_unit: 'times' as const, transactions: [] },
    }));
}

import type { Recall } from '@overlay/model';

/** A snapshot by its position: pieces of each table that landed, and that came in the present pass over it. */
interface State {
  readonly position: string;
  readonly landed: Readonly<Record<string, number>>;
  readonly pass: Readonly<Record<string, number>>;
  /** It has come to its end, or the log was read on from it. */
  readonly isDone?: boolean;
  /** Positions of the snapshots that were cut off and that it stands for. */
  readonly replaced?: readonly string[];
}

type Memories = readonly (readonly [key: string, value: unknown])[];

/** How a row of a snapshot stands to what came before: part of it, of one that no longer counts, or of another one than is known. */
export type Standing =
  | { readonly kind: 'part' }
  | { readonly kind: 'replaced' }
  | { readonly kind: 'replaces'; readonly position: string; readonly hasLanded: boolean }
  | { readonly kind: 'second'; readonly position: string };

/**
 * The snapshot that a source begins with. One that is cut off begins again: at the same position it tells the pieces that landed once more, at
 * another one it takes the place of the one before. After a snapshot that was done, another one is a second. Remembers `snapshot`.
 */
export class SnapshotPass {
  readonly #recall: Recall<unknown>;
  #passing: State | undefined;

  constructor(recall: Recall<unknown>) {
    this.#recall = recall;
  }

  get #state(): State | undefined {
    return this.#passing ?? (this.#recall('snapshot') as State | undefined);
  }

  standingOf(position: string): Standing {
    const known = this.#state;
    if (!known || known.position === position) return { kind: 'part' };
    if (known.replaced?.includes(position)) return { kind: 'replaced' };
    if (known.isDone) return { kind: 'second', position: known.position };
    return { kind: 'replaces', position: known.position, hasLanded: Object.keys(known.landed).length > 0 };
  }

  /** Begins the snapshot of that position, or another pass over it. */
  enter(position: string, isFirst: boolean): void {
    const known = this.#state;
    const isSame = known?.position === position;
    if (isFirst || !isSame) this.#passing = isSame ? { ...known, pass: {} } : { position, landed: {}, pass: {} };
  }

  /** Begins a snapshot in the place of the one that is known. */
  replace(position: string): Memories {
    const { position: before = '', replaced = [] } = this.#state ?? {};
    this.#passing = { position, landed: {}, pass: {}, replaced: [...replaced, before] };
    return [['snapshot', this.#passing]];
  }

  /** The number of the piece that is due. */
  nextOf(piece: string): number {
    return (this.#state?.pass[piece] ?? 0) + 1;
  }

  /** Ends a piece, by its id; a repeat is one that landed in an earlier pass. */
  close(id: string, isEnd: boolean): { readonly isRepeat: boolean; readonly remember: Memories } {
    const at = id.lastIndexOf(':') + 1;
    const [piece, chunk] = [id.slice(0, at), Number(id.slice(at))];
    const { landed, pass, ...state } = this.#state ?? { position: '', landed: {}, pass: {} };
    const isRepeat = chunk <= (landed[piece] ?? 0);
    this.#passing = {
      ...state,
      landed: isRepeat ? landed : { ...landed, [piece]: chunk },
      pass: { ...pass, [piece]: chunk },
      ...(isEnd && { isDone: true }),
    };
    return { isRepeat, remember: [['snapshot', this.#passing]] };
  }

  /** The log is read on from it. Something to remember only once. */
  end(): Memories {
    const state = this.#state;
    if (!state || state.isDone) return [];
    this.#passing = { ...state, isDone: true };
    return [['snapshot', this.#passing]];
  }
}

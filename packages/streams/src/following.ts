/**
 * Which sequence of a dense topic is due. A reader that looks ahead goes past those that jumped, to one that was published again behind them,
 * and gives up at the offset where the topic ended when it began.
 */
export class Following {
  #landed: number;
  #aheadUntil: number;
  #jump: number | undefined;

  /** @param aheadUntil the offset where looking ahead ends; 0 for a reader that does not */
  constructor(landed: number, aheadUntil: number) {
    this.#landed = landed;
    this.#aheadUntil = aheadUntil;
  }

  get landed(): number {
    return this.#landed;
  }

  /** What this sequence is: the due one, one that was there before, or one that jumps. */
  take(sequence: number): 'due' | 'repeat' | 'jump' {
    if (sequence <= this.#landed) return 'repeat';
    if (sequence > this.#landed + 1) return 'jump';
    [this.#aheadUntil, this.#jump] = [0, undefined];
    return 'due';
  }

  /** The due one was decided on. */
  goOn(): void {
    this.#landed++;
  }

  readonly isAhead = (sequence: number): boolean => this.#aheadUntil > 0 && sequence > this.#landed + 1;

  /** A sequence was gone past. */
  pass(sequence: number): void {
    this.#jump ??= sequence;
  }

  /** True while records were gone past and the due one has not come: what comes meanwhile is not accounted for. */
  get isPassing(): boolean {
    return this.#jump !== undefined;
  }

  /** The sequence that jumped first, once everything up to this offset was looked at in vain. */
  jumpedAt(offset: number): number | undefined {
    return offset >= this.#aheadUntil - 1 ? this.#jump : undefined;
  }
}

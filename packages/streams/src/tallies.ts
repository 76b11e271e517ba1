/** How often a verdict was given; `code` is the kind of an emitted record, the reason of a skip or the code of a fault or gap. */
export interface Tally {
  readonly verdict: string;
  readonly code: string;
  count: number;
}

/** Counts verdicts. There are few different ones, and they come by the record. */
export class Tallies {
  #tallies: Tally[] = [];

  count(verdict: string, code: string): void {
    let tally = this.#tallies.find((known) => known.code === code && known.verdict === verdict);
    if (!tally) {
      tally = { verdict, code, count: 0 };
      this.#tallies.push(tally);
    }
    tally.count++;
  }

  /** The verdicts since the last call. */
  take(): readonly Tally[] {
    const tallies = this.#tallies;
    this.#tallies = [];
    return tallies;
  }
}

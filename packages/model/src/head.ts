/** The last input record that is accounted for: where it stood, and a digest that proves it is still the same record. */
export interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly digest: string;
}

/** Where a stage stands in one source. `revision` rises with every landing and is what the compare-and-set compares. */
export interface Head {
  readonly stage: string;
  readonly source: string;
  readonly revision: number;
  /** The last landed sequence, 0 before the first. */
  readonly landed: number;
  /** The last sequence known to be on the output topic. */
  readonly published: number;
  readonly position: Position | null;
  /** The GTID set that is accounted for; only the first stage keeps one. */
  readonly gtids: string;
}

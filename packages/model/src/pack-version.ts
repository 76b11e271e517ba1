/** A version of a pack that is in force for a source from a stated sequence on, until the next one. */
export interface PackVersion {
  readonly name: string;
  readonly version: number;
  /** The first sequence that is read by it. */
  readonly fromSequence: number;
  /** The pack as its file says it, before anything is checked or filled in. */
  readonly content: unknown;
}

/** A version of a pack that is offered: it comes into force when the stage that reads by it takes it up. */
export type OfferedPack = Omit<PackVersion, 'fromSequence'>;

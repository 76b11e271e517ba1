import { DIGEST_OF_NOTHING, digest, digestAfter } from '@overlay/evidence';
import type { DeadLetter, Decision, Fault, GrowingItems, Items, Verdict } from '@overlay/model';
import { LongItems } from '@overlay/runtime';
import type { Message } from './kafka.ts';
import type { Place } from './place.ts';

/** A record as a list that may stand in a file can hold it: bytes in base64. */
interface Kept {
  readonly fault: Fault;
  readonly offset: string;
  readonly key: string | null;
  readonly value: string | null;
}

/** What is set aside under one sequence. */
export interface SetAside {
  readonly letters: Items<DeadLetter>;
  /** Over the digests of the records, in their order. */
  readonly rawDigest: string;
  /** Lets go of the bytes. */
  readonly release: () => void;
}

/** The raw records of the unit that is being set aside, kept in their order until the unit is emitted, in bounded memory. */
export class Aside {
  #kept = newKept();
  #rawDigest = DIGEST_OF_NOTHING;
  /** Digests of the records that may be told by their bytes alone. */
  #told = new Set<string>();

  get isEmpty(): boolean {
    return this.#kept.length === 0;
  }

  /** Where each record stood, and what is wrong with it. */
  get faults(): Iterable<Pick<Kept, 'offset' | 'fault'>> {
    return this.#kept;
  }

  /** Keeps a record, beginning anew where the decision says that it is the first of its unit. */
  keep(message: Message, fault: Fault, keeps: NonNullable<Decision<unknown, unknown>['keeps']>): void {
    if (keeps === 'first') this.forget();
    const own = digest(message.key, message.value);
    if (keeps === 'once' && this.#told.has(own)) return;
    if (keeps === 'once') this.#told.add(own);
    this.#rawDigest = digestAfter(this.#rawDigest, own);
    const { offset, key, value } = message;
    this.#kept.push({ fault, offset, key: textOf(key), value: textOf(value) });
  }

  /** What was kept, as dead letters of a sequence, or each by itself; nothing is kept from here on. */
  take(sequence: number | null, place: Place): SetAside {
    const [kept, rawDigest] = [this.#kept, this.#rawDigest];
    this.#begin();
    const letters = {
      length: kept.length,
      *[Symbol.iterator](): Generator<DeadLetter> {
        let ordinal = 0;
        for (const { fault, offset, key, value } of kept)
          yield {
            sequence,
            ordinal: sequence === null ? null : ++ordinal,
            fault,
            ...place,
            offset,
            key: bytesOf(key),
            value: bytesOf(value),
          };
      },
    };
    return { letters, rawDigest, release: () => kept.release() };
  }

  /** Lets go of everything. */
  forget(): void {
    this.#kept.release();
    this.#begin();
  }

  #begin(): void {
    [this.#kept, this.#rawDigest, this.#told] = [newKept(), DIGEST_OF_NOTHING, new Set()];
  }
}

const newKept = (): LongItems<Kept> & GrowingItems<Kept> =>
  new LongItems(({ key, value }) => (key?.length ?? 0) + (value?.length ?? 0));

const textOf = (bytes: Buffer | null): string | null => bytes?.toString('base64') ?? null;
const bytesOf = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text, 'base64'));

/** A dead letter by itself. */
export const letterOf = (fault: Fault, { offset, key, value }: Message, place: Place): DeadLetter => ({
  sequence: fault.sequence ?? null,
  ordinal: null,
  fault,
  ...place,
  offset,
  key,
  value,
});

/** Why a record is among the dead letters: what is wrong with it, or that it belongs to what cannot be read. */
export function faultOf(verdict: Verdict<unknown>): Fault {
  const fault = verdict.kind === 'reject' ? verdict.fault : verdict.kind === 'emit' ? verdict.faults?.[0] : undefined;
  return fault ?? { code: 'raw.set_aside', detail: 'a record of what is set aside' };
}

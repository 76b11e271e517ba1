import { hash } from 'node:crypto';

const BUCKETS = 2 ** 16;
/** 128 bits of each row's digest. */
const WORDS = 4;
const WORD_BYTES = 4;

/**
 * Two multisets of rows side by side, in memory that does not grow with them: each row's digest is added in the bucket of its key, for one side, and taken away
 * for the other. Where both sides hold the same rows, in whatever order, every sum is zero.
 */
export class Tally {
  readonly #sums = new Uint32Array(BUCKETS * WORDS);
  readonly #loads = new Uint32Array(BUCKETS);

  /** Adds a row, or with -1 takes one away. */
  add(key: string, row: string, count: 1 | -1): void {
    const bucket = bucketOf(key);
    const digest = hash('sha256', row, 'buffer');
    for (let word = 0; word < WORDS; word++) {
      const at = bucket * WORDS + word;
      this.#sums[at] = (this.#sums[at] ?? 0) + count * digest.readUInt32LE(word * WORD_BYTES);
    }
    this.#loads[bucket] = (this.#loads[bucket] ?? 0) + 1;
  }

  /** The buckets in which the sides differ, in groups of so many rows together that each can be held in memory. */
  differing(rowsMax: number): readonly ReadonlySet<number>[] {
    const groups: Set<number>[] = [];
    let rows = Number.POSITIVE_INFINITY;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      if (this.#isEven(bucket)) continue;
      const load = this.#loads[bucket] ?? 0;
      if (rows + load > rowsMax) {
        groups.push(new Set());
        rows = 0;
      }
      groups.at(-1)?.add(bucket);
      rows += load;
    }
    return groups;
  }

  #isEven(bucket: number): boolean {
    for (let at = bucket * WORDS; at < (bucket + 1) * WORDS; at++) if (this.#sums[at] !== 0) return false;
    return true;
  }
}

const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Rows of one key, or equal rows of a table without one, are in one bucket. */
export function bucketOf(key: string): number {
  let mixed = FNV_BASIS;
  for (let at = 0; at < key.length; at++) mixed = Math.imul(mixed ^ key.charCodeAt(at), FNV_PRIME);
  return (mixed ^ (mixed >>> 16)) & (BUCKETS - 1);
}

/** Gives whole numbers from 0 to below `below`. */
export type Pick = (below: number) => number;

/** A generator of its own, so that a seed gives the same mutations on every machine (mulberry32). */
export function makePick(seed: number): Pick {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

type Mutation = (record: Buffer, pick: Pick, other: Buffer) => Buffer;

/** Pieces that parsers stumble over. */
const NASTY = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  ',',
  ':',
  'null',
  'true',
  '1e400',
  '-1e400',
  '1e-400',
  '-0',
  '00',
  '9007199254740993',
  '123456789012345678901234567890',
  '"__proto__":',
  '"constructor":',
  '"op":"c",',
  '"source":null,',
  '"after":{},',
  '\\u0000',
  '\\ud800',
  '\0',
  '\u{10ffff}',
].map((text) => Buffer.from(text));

const replaced = (record: Buffer, start: number, end: number, put: Buffer): Buffer =>
  Buffer.concat([record.subarray(0, start), put, record.subarray(end)]);

const MUTATIONS: readonly Mutation[] = [
  function truncate(record, pick) {
    return record.subarray(0, pick(record.length));
  },
  function flipBit(record, pick) {
    const at = pick(record.length);
    return replaced(record, at, at + 1, Buffer.from([(record[at] ?? 0) ^ (1 << pick(8))]));
  },
  function otherByte(record, pick) {
    const at = pick(record.length);
    return replaced(record, at, at + 1, Buffer.from([pick(256)]));
  },
  function insertNasty(record, pick) {
    const at = pick(record.length + 1);
    return replaced(record, at, at, NASTY[pick(NASTY.length)] ?? Buffer.alloc(0));
  },
  function overwriteNasty(record, pick) {
    const at = pick(record.length);
    const nasty = NASTY[pick(NASTY.length)] ?? Buffer.alloc(0);
    return replaced(record, at, at + nasty.length, nasty);
  },
  function cutOut(record, pick) {
    const start = pick(record.length);
    return replaced(record, start, start + 1 + pick(40), Buffer.alloc(0));
  },
  function repeatPart(record, pick) {
    const start = pick(record.length);
    const part = record.subarray(start, start + 1 + pick(60));
    return replaced(record, start, start, part);
  },
  function splice(record, pick, other) {
    return Buffer.concat([record.subarray(0, pick(record.length)), other.subarray(pick(other.length))]);
  },
  function otherHead(record, pick, other) {
    return replaced(record, 0, 5, other.subarray(0, pick(6)));
  },
];

/** One to three mutations of one of the records, by their bytes alone: the same choices give the same bytes. */
export function mutate(records: readonly Buffer[], pick: Pick): Buffer {
  const one = () => records[pick(records.length)] ?? Buffer.alloc(0);
  let mutated = one();
  for (let left = 1 + pick(3); left > 0; left--) {
    mutated = MUTATIONS[pick(MUTATIONS.length)]?.(mutated, pick, one()) ?? mutated;
  }
  return mutated;
}

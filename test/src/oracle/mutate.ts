import type { Random } from '../kit/random.ts';

/** Ways to spoil a raw row of the table `toy (id int, v int, said varchar(60))` so that nobody may take it for a row. */
export const SPOILED: Readonly<Record<string, (text: string, random: Random) => string | Buffer>> = {
  'cut off': (text, random) => text.slice(0, random.whole(1, text.length - 1)),
  'no bytes': () => '',
  'not an object': (_, random) => random.pick(['null', '[]', '"text"', '12', '{}', 'true', '[{}]']),
  'unknown first byte': (text, random) => Buffer.concat([Buffer.from([random.whole(1, 8)]), Buffer.from(text)]),
  'framed for nobody': (text) => Buffer.concat([Buffer.from([0, 0, 15, 66, 63]), Buffer.from(text)]),
  'no source': (text) => text.replace('"source":', '"sauce":'),
  'no table': (text) => text.replace('"table":', '"tabel":'),
  'no operation': (text) => text.replace('"op":', '"oops":'),
  'unknown operation': (text) => text.replace(/"op":"."/, '"op":"z"'),
  'no transaction': (text) => text.replace('"transaction":', '"transition":'),
  'order of another type': (text) => text.replace(/"total_order":(\d+)/, '"total_order":"$1"'),
  'image of another type': (text) => text.replace(/"after":\{/, '"after":[1],"was":{'),
  'object in a column': (text) => text.replace(/"v":-?\d+/g, '"v":{"a":1}'),
  'number beyond all': (text) => text.replace(/"v":-?\d+/g, '"v":1e400'),
  'fraction in an INT': (text) => text.replace(/"v":-?\d+/g, '"v":1.5'),
  'word in an INT': (text) => text.replace(/"v":-?\d+/g, '"v":"three"'),
  'ten thousand deep': (text) => text.replace(/"v":-?\d+/g, `"v":${'['.repeat(10_000)}${']'.repeat(10_000)}`),
  'a million deep': (text) => text.replace(/"v":-?\d+/g, `"v":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`),
  'not UTF-8': (text) => spliced(Buffer.from(text), text.indexOf('"said":"') + 8, Buffer.from([0xff, 0xc0, 0x80])),
  'time beyond all': (text) => text.replace(/"ts_us":\d+/g, '"ts_us":9e18').replace(/"ts_ms":\d+/g, '"ts_ms":9e18'),
};

const spliced = (bytes: Buffer, at: number, inserted: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);

/** One to three changes of any bytes: what comes out may be anything, a good record too. */
export function mutate(text: string, other: string, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(text);
  for (let times = random.whole(1, 3); times > 0; times--) {
    const at = random.whole(0, bytes.length - 1);
    const to = Math.min(bytes.length, at + random.whole(1, 40));
    bytes = random.pick([
      (): Buffer => bytes.fill(random.whole(0, 255), at, at + 1),
      () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]),
      () => spliced(bytes, at, bytes.subarray(at, to)),
      () => spliced(bytes, at, Buffer.from(random.pick(HARD_WORDS))),
      () => spliced(bytes.subarray(0, to), at, Buffer.from(other).subarray(random.whole(0, other.length - 1))),
    ])();
  }
  return bytes;
}

const HARD_WORDS = [
  '"',
  '{',
  ']',
  '\u0000',
  '\\u0000',
  '\\ud800',
  '-0',
  '1e400',
  '18446744073709551616',
  'null',
  '"__proto__":{"v":1},',
  '"op":"d",',
  '🦊',
  '\n',
];

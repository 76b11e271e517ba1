import { createHash } from 'node:crypto';
import type { Random } from './random.ts';

/** A value that is in one place only, so that wherever it is seen it has leaked. */
export interface Canary {
  /** Where it belongs, such as `patients.email`. */
  readonly name: string;
  readonly value: string;
  /** The part of it that no other value has. */
  readonly unique: string;
}

export type Shape = 'text' | 'email' | 'phone' | 'iban' | 'card';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const UNIQUE_LENGTH = 12;
/** Windows of so many characters are looked for: less would be found by chance. */
const WINDOW = 10;
/** Every needle is as long as this at least, and is looked up by so many of its first characters. */
const PROBE = 8;

const draw = (random: Random, from: string, length: number): string =>
  Array.from({ length }, () => from[random.whole(0, from.length - 1)]).join('');

/** A value of a shape that a validator would take for a real one. */
export function makeCanary(random: Random, name: string, shape: Shape = 'text'): Canary {
  const code = draw(random, LETTERS, UNIQUE_LENGTH);
  const digits = draw(random, '0123456789', UNIQUE_LENGTH);
  switch (shape) {
    case 'text':
      return { name, value: `cnry-${name.replace('.', '-')}-${code}`, unique: code };
    case 'email':
      return { name, value: `cnry.${code.toLowerCase()}@example.com`, unique: code.toLowerCase() };
    case 'phone':
      return {
        name,
        value: `+51 ${digits.slice(0, 3)} ${digits.slice(3)}`,
        unique: digits.slice(3) + digits.slice(0, 1),
      };
    case 'iban': {
      const account = `${digits}${draw(random, '0123456789', 6)}`;
      return { name, value: `DE${ibanCheck(account)}${account}`, unique: account };
    }
    case 'card': {
      const number = `4${digits}${draw(random, '0123456789', 2)}`;
      return { name, value: number + luhnDigit(number), unique: number };
    }
  }
}

/** ISO 13616: letters count from 10, the whole modulo 97 is 1. */
const ibanCheck = (account: string): string => String(98n - (BigInt(`${account}131400`) % 97n)).padStart(2, '0');

function luhnDigit(number: string): string {
  const sum = [...number].reverse().reduce((total, digit, index) => {
    const doubled = index % 2 === 0 ? Number(digit) * 2 : Number(digit);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return String((10 - (sum % 10)) % 10);
}

/** A form in which a value may show. */
export interface Needle {
  readonly canary: string;
  readonly form: string;
  readonly text: string;
}

/** Every form of a canary that is looked for, in small letters: capitals are no hiding place. */
export function needlesOf({ name, value, unique }: Canary): readonly Needle[] {
  const bytes = Buffer.from(value);
  const hashes = ['md5', 'sha1', 'sha256'].flatMap((kind) => {
    const digest = createHash(kind).update(bytes).digest();
    return [
      [kind, digest.toString('hex')],
      [`${kind} in base64`, unpadded(digest.toString('base64'))],
    ] as const;
  });
  const windows = Array.from({ length: Math.max(0, unique.length - WINDOW + 1) }, (_, at) =>
    unique.slice(at, at + WINDOW),
  );
  const forms: readonly (readonly [string, string])[] = [
    ['raw', value],
    ['hex', bytes.toString('hex')],
    ['url', encodeURIComponent(value)],
    ['json', [...value].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')],
    ['reversed', [...value].reverse().join('')],
    ...[0, 1, 2].map((offset) => [`base64 at ${offset}`, base64At(bytes, offset)] as const),
    ...hashes,
    ...windows.map((window) => ['part', window] as const),
  ];
  return forms.map(([form, text]) => ({ canary: name, form, text: text.toLowerCase() }));
}

const unpadded = (text: string): string => text.replace(/=+$/, '');

/** What base64 makes of the bytes behind others, without the characters that the others have a share in. */
function base64At(bytes: Buffer, offset: number): string {
  const text = unpadded(Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64'));
  return text.slice(offset === 0 ? 0 : offset + 1, text.length - 1);
}

/** Looks for many needles at once. */
export class Scanner {
  readonly #byProbe: ReadonlyMap<string, readonly Needle[]>;

  constructor(canaries: readonly Canary[]) {
    this.#byProbe = Map.groupBy(canaries.flatMap(needlesOf), ({ text }) => text.slice(0, PROBE));
  }

  /** The needles that a text holds, each once. */
  find(text: string): readonly Needle[] {
    const haystack = text.toLowerCase();
    const found = new Set<Needle>();
    for (let at = 0; at + PROBE <= haystack.length; at++)
      for (const needle of this.#byProbe.get(haystack.slice(at, at + PROBE)) ?? [])
        if (haystack.startsWith(needle.text, at)) found.add(needle);
    return [...found];
  }
}

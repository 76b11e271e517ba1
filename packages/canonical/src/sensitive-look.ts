import type { SensitiveColumn } from '@overlay/model';
import { type Image, valueIn } from './written-image.ts';

/** Words in the names of columns that hold something about a person, or a secret. */
const WORDS: ReadonlySet<string> = new Set(
  `email mail phone phones telephone mobile cellphone fax dni ssn nif cuit curp passport iban swift card pan cvv cvc pin password passwd pwd
  secret birth birthday birthdate dob surname lastname firstname fullname salary diagnosis religion ethnicity`.split(
    /\s+/,
  ),
);
/** Several words together. */
const PHRASES =
  /(^|_)(e_mail|first_name|last_name|full_name|credit_card|card_number|account_number|tax_id|national_id|home_address)(_|$)/;

/** Whether a column has a name of which something sensitive is to be expected. */
export function hasSensitiveName(column: string): boolean {
  const name = column.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  return PHRASES.test(name) || name.split(/[^a-z]+/).some((word) => WORDS.has(word));
}

type Shape = Exclude<SensitiveColumn['why'], 'name'>;

/** Rows of a table that are looked at after each of its definitions. */
const ROWS_MAX = 200;
/** Values of a shape, and none of another, that make a column one of that shape. */
const VALUES_MIN = 5;

const SHAPES: readonly (readonly [Shape, (text: string) => boolean])[] = [
  ['email', (text) => /^[^\s@]{1,64}@[^\s@]+\.[A-Za-z]{2,}$/.test(text)],
  ['iban', isIban],
  ['card', isCardNumber],
];

/** What the values of a table's first rows look like, column by column; after them it looks no more. */
export class ValueWatch {
  readonly #columns: readonly string[];
  readonly #seen = new Map<string, Map<Shape | undefined, number>>();
  #rows = 0;

  /** @param columns those that no policy and no warning is about yet */
  constructor(columns: readonly string[]) {
    this.#columns = columns;
  }

  get isNew(): boolean {
    return this.#rows === 0;
  }

  get isDone(): boolean {
    return this.#rows >= ROWS_MAX;
  }

  look(image: Image): void {
    this.#rows++;
    for (const column of this.#columns) {
      const value = valueIn(image, column);
      if (typeof value !== 'string' && typeof value !== 'number') continue;
      const text = String(value);
      if (text === '') continue;
      const shape = SHAPES.find(([, is]) => is(text))?.[0];
      const counts = this.#seen.get(column) ?? new Map<Shape | undefined, number>();
      this.#seen.set(column, counts.set(shape, (counts.get(shape) ?? 0) + 1));
    }
  }

  /** Columns of whose values there are enough, and all of one shape. */
  get found(): readonly (readonly [column: string, why: Shape])[] {
    return [...this.#seen].flatMap(([column, counts]) => {
      const [first] = counts;
      if (!first || counts.size > 1) return [];
      const [shape, count] = first;
      return shape !== undefined && count >= VALUES_MIN ? [[column, shape] as const] : [];
    });
  }
}

/** ISO 13616: letters count from 10, the whole with its beginning at its end is 1 modulo 97. */
function isIban(text: string): boolean {
  const packed = text.replaceAll(' ', '');
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(packed)) return false;
  const turned = packed.slice(4) + packed.slice(0, 4);
  return BigInt(turned.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55))) % 97n === 1n;
}

/** ISO 7812: 13 to 19 digits, perhaps in groups, with Luhn's digit at the end; the first names a bank card. */
function isCardNumber(text: string): boolean {
  const digits = text.replace(/(?<=\d)[ -](?=\d)/g, '');
  if (!/^[2-6]\d{12,18}$/.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = index % 2 === 1 ? Number(digit) * 2 : Number(digit);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

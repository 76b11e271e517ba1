import { must } from '@overlay/model';
import type { ColumnPolicy } from '@overlay/packs';
import {
  type ClearImages,
  ERASED,
  type Mac,
  REDACTED,
  type SubjectKey,
  sealValues,
  subjectName,
} from '@overlay/sealing';
import type { ToValue, Value } from './column-values.ts';
import { type Keys, needOf } from './key-ring.ts';
import { type Image, valueIn, valuesOf } from './written-image.ts';

interface NamedColumn {
  readonly name: string;
  /** Its value in clear. */
  readonly toValue: ToValue;
}

/** Sealed columns of a table that belong to the same subject, and the columns that say which. */
interface SubjectColumns {
  /** The table whose row the subject is. */
  readonly table: string;
  readonly subject: readonly NamedColumn[];
  readonly sealed: readonly NamedColumn[];
}

/** How the rows of a table with sensitive columns are sealed. */
export interface TableSealing {
  readonly domain: string;
  readonly subjects: readonly SubjectColumns[];
}

/** A token in the place of a raw value, so that no other value can stand there. */
class Token {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The converter of a column with a policy: nothing that is in clear gets through it. */
export function policedValue(policy: ColumnPolicy, toValue: ToValue, tokenize: (text: string) => string): ToValue {
  if (policy.policy === 'clear') return toValue;
  if (policy.policy === 'drop') return (raw) => (raw === null || raw === undefined ? null : REDACTED);
  if (policy.policy === 'token')
    return (raw) => {
      const value = toValue(raw);
      return value === null ? null : tokenize(String(value));
    };
  return (raw) => {
    if (raw === null || raw === undefined) return null;
    must(raw instanceof Token, 'a sealed column has a token before it is written');
    return raw.text;
  };
}

/** What is needed to seal the rows of a change and is not at hand. */
export function missingKeys({ domain, subjects }: TableSealing, change: Images, source: string, keys: Keys): string[] {
  if (!keys.domain(domain)) return [domain];
  const missing: string[] = [];
  for (const columns of subjects)
    for (const image of [change.before, change.after]) {
      const need = image && needIn(image, columns, domain, source);
      if (need && keys.subject(need) === undefined && !missing.includes(need)) missing.push(need);
    }
  return missing;
}

/** The images of a row. */
interface Images {
  readonly before: Image | null;
  readonly after: Image | null;
}

/** Whose values an image holds; undefined when its columns do not say. */
function needIn(image: Image, { table, subject }: SubjectColumns, domain: string, source: string): string | undefined {
  const key: string[] = [];
  for (const { name, toValue } of subject) {
    const value = clearValue(image, name, toValue);
    if (value === null) return undefined;
    key.push(String(value));
  }
  return needOf(domain, subjectName(source, table, key));
}

const clearValue = (image: Image, name: string, toValue: ToValue): Value => toValue(valueIn(image, name));

/** The values of one subject in one change. */
interface Gathered {
  readonly key: SubjectKey;
  readonly images: { before?: [string, Value][]; after?: [string, Value][] };
}

/** A change with tokens in the place of what is sealed, and the values that go beside it. */
interface SealedChange<Change> {
  readonly change: Change;
  /** The text of what stands beside the body of that event; null when nothing was sealed. */
  readonly valuesOf: (eventId: string) => string | null;
}

interface Membership {
  readonly source: string;
  readonly transactionId: string;
}

/** Seals the columns of a change whose keys are at hand. */
type Seal = <Change extends Images>(change: Change, member: Membership, sealing: TableSealing) => SealedChange<Change>;

export function makeSealing(keys: Keys): Seal {
  const noncesOf = lastNonces(keys);
  return (change, member, { domain, subjects }) => {
    if (subjects.length === 0) return { change, valuesOf: () => null };
    const gathered: Gathered[] = [];
    const whose: WhoseKey = (image, columns) => {
      const need = needIn(image, columns, domain, member.source);
      if (need === undefined) return undefined;
      const key = keys.subject(need);
      must(key, 'keys are fetched before a record is decided on');
      return key;
    };
    const sealed = {
      ...change,
      before: sealImage(change.before, 'before', subjects, whose, gathered),
      after: sealImage(change.after, 'after', subjects, whose, gathered),
    };
    const sealedOf = (eventId: string): string | null =>
      gathered.length === 0 ? null : textOf(gathered, eventId, noncesOf(domain, member));
    return { change: sealed, valuesOf: sealedOf };
  };
}

/** The key of the subject that columns of an image belong to; undefined when they do not say. */
type WhoseKey = (image: Image, columns: SubjectColumns) => SubjectKey | 'destroyed' | undefined;

function sealImage(
  image: Image | null,
  at: 'before' | 'after',
  subjects: readonly SubjectColumns[],
  whose: WhoseKey,
  gathered: Gathered[],
): Image | null {
  if (!image) return null;
  const own: Record<string, unknown> = { ...valuesOf(image) };
  for (const columns of subjects) {
    const key = whose(image, columns);
    const values = replaceValues(image, own, columns, key);
    if (values.length > 0 && typeof key === 'object') gather(gathered, key, at, values);
  }
  return own;
}

/** The nonces of a transaction, which most often is the last one that was asked for. */
function lastNonces(keys: Keys) {
  let last: { readonly id: string; readonly nonces: Mac } | undefined;
  return (domain: string, { source, transactionId }: Membership): Mac => {
    const id = `${domain} ${transactionId}`;
    if (last?.id === id) return last.nonces;
    const domainKey = keys.domain(domain);
    must(domainKey, 'the key of a domain is at hand when a value of it is sealed');
    last = { id, nonces: domainKey.noncesOf(source, transactionId) };
    return last.nonces;
  };
}

/** Puts tokens in the place of values; gives the values that are to be sealed. */
function replaceValues(
  image: Image,
  own: Record<string, unknown>,
  { sealed }: SubjectColumns,
  key: SubjectKey | 'destroyed' | undefined,
): [string, Value][] {
  const values: [string, Value][] = [];
  for (const { name, toValue } of sealed) {
    const value = clearValue(image, name, toValue);
    if (value === null) continue;
    if (typeof key === 'object') values.push([name, value]);
    own[name] = new Token(
      typeof key === 'object' ? key.tokenize(String(value)) : key === 'destroyed' ? ERASED : REDACTED,
    );
  }
  return values;
}

function gather(
  gathered: Gathered[],
  key: SubjectKey,
  at: 'before' | 'after',
  values: readonly [string, Value][],
): void {
  const known = gathered.find((one) => one.key === key);
  if (!known) gathered.push({ key, images: { [at]: [...values] } });
  else known.images[at] = [...(known.images[at] ?? []), ...values];
}

function textOf(gathered: readonly Gathered[], eventId: string, nonces: Mac): string {
  const texts = gathered.map(({ key, images: { before, after } }) => {
    const { sealed, subject } = sealValues(key, nonces, eventId, {
      ...(before && { before: Object.fromEntries(before) }),
      ...(after && { after: Object.fromEntries(after) }),
    } as ClearImages);
    return `{"sealed":"${sealed}","subject":"${subject}"}`; // base64 and digits
  });
  return `[${texts.join()}]`;
}

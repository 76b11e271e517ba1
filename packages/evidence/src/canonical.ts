/** JSON values that canonical text is made of. */
type Canonical =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Canonical[]
  | { readonly [key: string]: Canonical };

/**
 * RFC 8785 (JCS) text of a value: keys sorted by UTF-16 code units, no spaces, numbers as ECMAScript writes them. Keys whose value is
 * `undefined` are left out. Throws a RangeError on NaN and infinities, which JSON cannot hold.
 */
export function canonicalJson(value: Canonical): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`${value} has no JSON form`);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const object: { readonly [key: string]: Canonical } = value;
  const members = Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key])}`);
  return `{${members.join(',')}}`;
}

function isArray(value: object): value is readonly Canonical[] {
  return Array.isArray(value);
}

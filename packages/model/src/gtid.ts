/** Closed intervals of transaction numbers, sorted and disjoint. */
type Interval = [first: number, last: number];

/** Transactions of one server that follow each other, both ends with them. `server` is its uuid, with the tag behind a colon where they have one. */
export interface GtidRange {
  readonly server: string;
  readonly first: number;
  readonly last: number;
}

/**
 * A set of MySQL global transaction ids, in MySQL's own text form `uuid:1-5:7,uuid:tag:1-3`. Adding and asking cost the logarithm of the
 * number of intervals, which is one per server while nothing is missing.
 */
export class GtidSet {
  readonly #servers = new Map<string, Interval[]>();

  static of(ranges: readonly GtidRange[]): GtidSet {
    const set = new GtidSet();
    for (const { server, first, last } of ranges) set.#insert(server, first, last);
    return set;
  }

  /** Throws a RangeError on text that is no GTID set. */
  static parse(text: string): GtidSet {
    const set = new GtidSet();
    for (const part of text.split(',')) if (part.trim() !== '') set.#parseServer(part.trim());
    return set;
  }

  #parseServer(text: string): void {
    const [uuid = '', ...fields] = text.split(':');
    let key = uuid;
    for (const field of fields) {
      const match = /^(\d+)(?:-(\d+))?$/.exec(field);
      if (match) this.#insert(key, Number(match[1]), Number(match[2] ?? match[1]));
      else if (/^[a-z_][a-z0-9_]*$/i.test(field)) key = `${uuid}:${field}`;
      else throw new RangeError(`'${text}' is not a GTID set: '${field}' is neither a number, a range nor a tag`);
    }
  }

  #intervals(key: string): Interval[] {
    const known = this.#servers.get(key);
    if (known) return known;
    const fresh: Interval[] = [];
    this.#servers.set(key, fresh);
    return fresh;
  }

  #insert(key: string, first: number, last: number): void {
    const intervals = this.#intervals(key);
    const at = firstEndingAtOrAfter(intervals, first - 1);
    let [from, to] = [first, last];
    let end = at;
    for (let next = intervals[end]; next && next[0] <= to + 1; next = intervals[++end]) {
      from = Math.min(from, next[0]);
      to = Math.max(to, next[1]);
    }
    intervals.splice(at, end - at, [from, to]);
  }

  /** Adds one transaction id, `uuid:7` or `uuid:tag:7`. */
  add(gtid: string): void {
    const { key, number } = split(gtid);
    this.#insert(key, number, number);
  }

  has(gtid: string): boolean {
    const { key, number } = split(gtid);
    const intervals = this.#servers.get(key);
    const found = intervals?.[firstEndingAtOrAfter(intervals, number)];
    return found !== undefined && found[0] <= number;
  }

  /** The transactions that follow each other, by server and number. */
  ranges(): readonly GtidRange[] {
    return [...this.#servers]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([server, intervals]) => intervals.map(([first, last]) => ({ server, first, last })));
  }

  get isEmpty(): boolean {
    return this.#servers.size === 0;
  }

  /** How many transactions it holds. */
  get size(): number {
    return this.ranges().reduce((sum, { first, last }) => sum + last - first + 1, 0);
  }

  /** What is in either. */
  plus(other: GtidSet): GtidSet {
    return GtidSet.of([...this.ranges(), ...other.ranges()]);
  }

  /** What is in this one and not in the other. */
  minus(other: GtidSet): GtidSet {
    const rest = new GtidSet();
    for (const { server, first, last } of this.ranges()) {
      const taken = other.#servers.get(server) ?? [];
      let from = first;
      for (let at = firstEndingAtOrAfter(taken, first); from <= last; at++) {
        const [begin, end] = taken[at] ?? [Number.POSITIVE_INFINITY, 0];
        if (begin > from) rest.#insert(server, from, Math.min(last, begin - 1));
        from = begin > last ? last + 1 : end + 1;
      }
    }
    return rest;
  }

  /** What is in both. */
  and(other: GtidSet): GtidSet {
    return this.minus(this.minus(other));
  }

  toString(): string {
    return [...this.#servers]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, intervals]) => [key, ...intervals.map(([a, b]) => (a === b ? `${a}` : `${a}-${b}`))].join(':'))
      .join(',');
  }
}

function split(gtid: string): { key: string; number: number } {
  const colon = gtid.lastIndexOf(':');
  const number = Number(gtid.slice(colon + 1));
  if (colon < 1 || !Number.isSafeInteger(number) || number < 1) throw new RangeError(`'${gtid}' is not a GTID`);
  return { key: gtid.slice(0, colon), number };
}

function firstEndingAtOrAfter(intervals: readonly Interval[], number: number): number {
  let [low, high] = [0, intervals.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((intervals[middle]?.[1] ?? 0) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Something in the record that is not as it was logged. */
export interface Finding {
  readonly source: string;
  /** The first and the last sequence that it is about; null for what has no place in the log. */
  readonly first: number | null;
  readonly last: number | null;
  readonly what: string;
}

/** Findings in the order of the log, those of neighbours that say the same as one. */
export function joinFindings(findings: readonly Finding[]): readonly Finding[] {
  const joined: Finding[] = [];
  const newest = new Map<string, number>();
  for (const finding of findings.toSorted((a, b) => (a.first ?? Infinity) - (b.first ?? Infinity))) {
    const key = `${finding.source} ${finding.what}`;
    const at = newest.get(key);
    const before = at === undefined ? undefined : joined[at];
    if (at !== undefined && before?.last != null && finding.first === before.last + 1)
      joined[at] = { ...before, last: finding.last };
    else newest.set(key, joined.push(finding) - 1);
  }
  return joined;
}

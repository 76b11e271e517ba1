/** A broken `must` is a bug in this program, not bad data and not a failing world: the process stops uncommitted. */
export class Bug extends Error {
  override readonly name = 'Bug';
}

/** Throws a {@link Bug} unless `condition` holds. `claim` says what was believed. */
export function must(condition: unknown, claim: string): asserts condition {
  if (!condition) throw new Bug(claim);
}

/** The world or the caller at fault, said for people: what, where, what to do. Exit 2 is wrong usage, 1 all else. */
export class Failure extends Error {
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1, cause?: unknown) {
    super(message, { cause });
    this.name = 'Failure';
    this.exitCode = exitCode;
  }
}

/** The `code` and text of a thrown thing, for example `ECONNREFUSED` or `ER_ACCESS_DENIED_ERROR`. */
export function describe(thrown: unknown): { code: string; text: string } {
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : 'unknown';
  const text = thrown instanceof Error && thrown.message !== '' ? thrown.message : String(thrown);
  return { code, text };
}

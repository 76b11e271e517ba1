/** Why source and log cannot be compared, and what is known instead. */
export class Unreconcilable extends Error {
  override readonly name = 'Unreconcilable';
  readonly code: 'not_found' | 'ambiguous' | 'conflict';
  readonly hint: string;

  constructor(code: Unreconcilable['code'], message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** Why the log cannot answer, or cannot be compared with its source, and what is known instead. */
export class Unanswerable extends Error {
  override readonly name = 'Unanswerable';
  readonly code: 'invalid' | 'not_found' | 'ambiguous' | 'conflict';
  readonly hint: string;

  constructor(code: Unanswerable['code'], message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** A column that looks as if it held something about a person, or a secret, and of which the pack says nothing. */
export interface SensitiveColumn {
  readonly database: string;
  readonly table: string;
  readonly column: string;
  /** What it was told by: its name, or the shape of its values. */
  readonly why: 'name' | 'email' | 'iban' | 'card';
}

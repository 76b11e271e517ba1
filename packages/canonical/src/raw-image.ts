/**
 * A row image as the connector wrote it: JSON values, whole numbers that a JavaScript number may not hold as their text, bytes in base64. The
 * same row gives the same image whatever the wire format.
 */
export type RawImage = Readonly<Record<string, unknown>>;

export interface RawColumn {
  readonly name: string;
  /** MySQL's type name in capitals, `BIGINT UNSIGNED`. */
  readonly type: string;
  /** Length, precision, or digits of a second, as the type has it. */
  readonly length: number | null;
  readonly scale: number | null;
  /** The words of an ENUM or SET, quoted as in DDL. */
  readonly labels: readonly string[] | null;
  /** MySQL's name of the character set, of text. */
  readonly charset: string | null;
  readonly isNullable: boolean;
  /** The default as the DDL has it, where it is a plain value. */
  readonly default: string | null;
  /** The source fills it in: generated, or counted up. */
  readonly isFilledIn: boolean;
}

/** A table's columns in its own order, and the columns of its primary key; none for a table without one. */
export interface RawDefinition {
  readonly columns: readonly RawColumn[];
  readonly key: readonly string[];
}

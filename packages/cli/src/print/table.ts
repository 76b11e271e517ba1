import type { Paint, Style } from '../io.ts';

/** A cell of text that is clean already, and how it is coloured. */
export interface Cell {
  readonly text: string;
  readonly style?: Style | undefined;
}

export interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
}

const widthOf = (text: string): number => [...text].length;

/** Rows in columns as wide as their widest cell, numbers to the right, nothing behind the last column. Titles only when there are rows. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  paint: Paint,
): readonly string[] {
  if (rows.length === 0) return [];
  const titles = columns.map(({ title }): Cell => ({ text: title, style: 'dim' }));
  const all = columns.some(({ title }) => title !== '') ? [titles, ...rows] : rows;
  const widths = columns.map((_, index) => Math.max(...all.map((row) => widthOf(row[index]?.text ?? ''))));
  return all.map((row) =>
    row
      .map((cell, index) => padded(cell, columns[index], widths[index] ?? 0, paint, index === row.length - 1))
      .join('  ')
      .trimEnd(),
  );
}

function padded(
  { text, style }: Cell,
  column: Column | undefined,
  width: number,
  paint: Paint,
  isLast: boolean,
): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  const painted = style === undefined ? text : paint(style, text);
  if (column?.isNumber) return `${space}${painted}`;
  return isLast ? painted : `${painted}${space}`;
}

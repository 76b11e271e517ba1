const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Whether the source computes a column, by the statements that defined it, the last one that did: the connector does not say it of a column. A statement by which it
 * cannot be told leaves the column to be written, which MySQL then refuses.
 */
export function isComputed(column: string, statements: readonly string[]): boolean {
  const name = `(?:\`${escaped(column.replaceAll('`', '``'))}\`|${escaped(column)})`;
  const before = '(?:[(,]|\\b(?:add|modify|column)\\b|\\bchange\\s+(?:column\\s+)?\\S+)';
  const definition = new RegExp(`${before}\\s*${name}\\s+\\w+((?:[^,()]|\\([^()]*\\))*?\\bas\\s*\\()?`, 'gi');
  const last = statements.flatMap((statement) => [...statement.matchAll(definition)]).at(-1);
  return last?.[1] !== undefined;
}

/** A thing in a tree: its lines, and what hangs under it. */
export interface Node {
  readonly lines: readonly string[];
  readonly children: readonly Node[];
}

/** The tree as indented lines with their joints drawn. */
export function treeLines({ lines, children }: Node): readonly string[] {
  const hanging = children.flatMap((child, index) => {
    const isLast = index === children.length - 1;
    const [first = '', ...rest] = treeLines(child);
    return [`${isLast ? '└─' : '├─'} ${first}`, ...rest.map((line) => `${isLast ? '  ' : '│ '} ${line}`.trimEnd())];
  });
  const [head = '', ...more] = lines;
  return [head, ...more.map((line) => `${children.length > 0 ? '│ ' : '  '} ${line}`.trimEnd()), ...hanging];
}

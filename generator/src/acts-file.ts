import type { Act } from './act.ts';
import { openLines } from './lines-file.ts';
import { tableNamed } from './schema.ts';
import { isoInstant } from './time.ts';
import type { Statement, Transaction } from './transaction.ts';

/** One committed act as a line of the acts file: what was done, and every row that it changed. */
export type ActLine = Act & {
  /** Commit time: exact in a history; in a live stream the generator's clock just before it sent the transaction. */
  readonly at: string;
  readonly rows: readonly {
    readonly table: string;
    readonly operation: 'INSERT' | 'UPDATE' | 'DELETE';
    readonly key: Readonly<Record<string, string>>;
  }[];
};

export type ActsFile = {
  readonly add: (transaction: Transaction, at_us: number) => void;
  readonly close: () => void;
};

/** JSON lines in commit order, a line for each transaction. No path: no file. */
export function openActsFile(path: string | undefined, mode: 'replace' | 'append'): ActsFile {
  if (path === undefined) return { add: () => undefined, close: () => undefined };
  const file = openLines(path, mode, '--acts');
  return { add: (transaction, at_us) => file.write(actLine(transaction, at_us)), close: file.close };
}

export function actLine({ act, statements }: Pick<Transaction, 'act' | 'statements'>, at_us: number): ActLine {
  return {
    act: act.act,
    at: isoInstant(at_us),
    keys: act.keys,
    facts: act.facts,
    rows: statements.flatMap(rowsTouched),
  };
}

function rowsTouched(statement: Statement): ActLine['rows'] {
  const { table } = statement;
  if (statement.kind !== 'insert') {
    const operation = statement.kind === 'update' ? 'UPDATE' : 'DELETE';
    const key = Object.fromEntries(Object.entries(statement.where).map(([name, value]) => [name, String(value)]));
    return [{ table, operation, key }];
  }
  const places = tableNamed(table).key.map((name) => [name, statement.columns.indexOf(name)] as const);
  return statement.rows.map((row) => {
    const key = Object.fromEntries(places.map(([name, place]) => [name, String(row[place])]));
    return { table, operation: 'INSERT', key };
  });
}

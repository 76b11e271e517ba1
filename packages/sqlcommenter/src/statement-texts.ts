/** Has MySQL write the texts of a session's statements, and with them the comments, into its binary log. */
export const LOG_STATEMENTS = 'set session binlog_rows_query_log_events = on';

/** A connection of mysql2, or of any driver that sends what it is given in order. */
interface Connection {
  readonly query: (statement: string, done: (failure: Error | null) => void) => unknown;
}

/** A pool of mysql2, with callbacks or promises. */
interface Pool {
  readonly on: (event: 'connection', listener: (connection: Connection) => void) => unknown;
}

/**
 * Every new connection of a mysql2 pool asks for its statements' texts, ahead of the first statement that it is used for, which does not wait for the
 * answer. `onRefused` is told where the account may not (it needs SESSION_VARIABLES_ADMIN): then comments reach nobody, and everything else goes on.
 */
export function logStatements(pool: Pool, onRefused: (failure: Error) => void): void {
  pool.on('connection', (connection) => {
    connection.query(LOG_STATEMENTS, (failure) => {
      if (failure) onRefused(failure);
    });
  });
}

/** The same for a pool of knex, as its `pool.afterCreate`. */
export const logStatementsAfterCreate =
  (onRefused: (failure: Error) => void) =>
  (connection: Connection, done: (failure: Error | null, connection: Connection) => void): void => {
    connection.query(LOG_STATEMENTS, (failure) => {
      if (failure) onRefused(failure);
      done(null, connection);
    });
  };

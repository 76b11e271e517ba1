export { type Context, comment, commented } from './comment.ts';
export { commentKnex } from './knex.ts';
export { LOG_STATEMENTS, logStatements, logStatementsAfterCreate } from './statement-texts.ts';

import { type Context, comment } from './comment.ts';

/** What knex builds a statement with; raw statements have no `comment`. */
interface Builder {
  readonly comment?: (text: string) => unknown;
}

interface Knex {
  readonly on: (event: 'start', listener: (builder: Builder) => void) => unknown;
}

/**
 * Every statement that knex builds from here on carries the context of its moment. To a raw statement it is added by hand: `knex.raw(commented(sql,
 * context), bindings)`.
 */
export function commentKnex(knex: Knex, contextOf: () => Context): void {
  knex.on('start', (builder) => {
    const text = comment(contextOf());
    if (text !== '') builder.comment?.(text.slice(2, -2));
  });
}

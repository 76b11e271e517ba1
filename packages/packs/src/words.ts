import { Operation } from '@overlay/model';
import { z } from 'zod';

/** A map with these keys; unknown keys are mistakes, so that a typing error never passes in silence. */
export const strict = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown key ${issue.keys.map((key) => `'${key}'`).join(', ')}: remove or rename it; known here are ${Object.keys(shape).join(', ')}`
        : undefined,
  });

export const word = z.string().regex(/^[a-z][a-z0-9_.-]*$/, {
  error: 'must be a lower-case name: begin with a letter, then letters, digits, dot, dash or underscore',
});
/** A name that expressions use as a variable, and the source's names of tables and columns. */
export const identifier = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
  error: 'must be a plain name: letters, digits and underscores, not beginning with a digit',
});
export const text = z.string().min(1, { error: 'must not be empty: write some text' });
export const version = z
  .int()
  .min(1, { error: 'must be 1 or more: write a whole number and raise it with every change' });
export const positive = z.number().positive({ error: 'must be above 0: write a positive number' });
export const weight = z.number().min(0, { error: 'must not be negative: write 0 or more' });
export const fraction = z
  .number()
  .min(0, { error: 'must be from 0 to 1' })
  .max(1, { error: 'must be from 0 to 1: 1 stands for certain' });
/** What rules and actors may speak of: changes of rows. A READ is no act, and for a TRUNCATE the engine gives an event by itself. */
export const operations = z
  .array(Operation.exclude(['READ', 'TRUNCATE']))
  .min(1, { error: 'must name at least one operation, such as [INSERT]' });

/** CEL text. */
export const Expression = z.string({ error: 'must be an expression in text: put it in quotes' }).min(1, {
  error: 'must not be empty: write a CEL expression',
});

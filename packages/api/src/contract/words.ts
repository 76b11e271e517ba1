import { z } from 'zod';

/** How many of something. */
export const count = z.int().min(0);
/** A value of a column, as the log has it. */
export const columnValue = z.union([z.string(), z.boolean(), z.null()]);

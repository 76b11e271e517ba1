import { Act, Timestamp } from '@overlay/model';
import { z } from 'zod';
import { count } from './words.ts';

/** An act of the self-audit, as it stands there. */
export const AuditedAct = Act.extend({ sequence: z.int(), at: Timestamp, login: z.string() });
export type AuditedAct = z.infer<typeof AuditedAct>;

/** The newest of those that were asked for, in their order. */
export const SelfAudit = z.object({ timeZone: z.string(), total: count, acts: z.array(AuditedAct) });
export type SelfAudit = z.infer<typeof SelfAudit>;

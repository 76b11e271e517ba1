import { ACTIONS, type Action } from '@overlay/model';
import type { Zone } from '@overlay/narratives';
import { type Database, readActs } from '@overlay/storage';
import { type Answer, answer, refuse } from './answer.ts';
import { chooseDays } from './choose.ts';
import type { SelfAudit } from './contract/index.ts';

export interface SelfAuditAsk {
  /** First and last day. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** A name, or a database user. */
  readonly who?: string | undefined;
  readonly action?: string | undefined;
  readonly limit?: number | undefined;
}

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 10_000;

/** The newest acts of the self-audit, in their order. */
export async function listActs(
  { database, zone, now }: { readonly database: Database; readonly zone: Zone; readonly now: () => Date },
  { who, action, limit = LIMIT_DEFAULT, ...days }: SelfAuditAsk,
): Promise<Answer<SelfAudit>> {
  if (action !== undefined && !isAction(action))
    return refuse('invalid', `'${action}' is no action`, `accepted are ${Object.keys(ACTIONS).join(', ')}`);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    return refuse('invalid', 'the limit is out of range', `accepted are whole numbers from 1 to ${LIMIT_MAX}`);
  const stretch = chooseDays(days, zone, now());
  if (!stretch.ok) return stretch;
  const { total, acts } = await readActs(database, { ...stretch.value, who, action }, limit);
  return answer({ timeZone: zone.name, total, acts: [...acts] });
}

const isAction = (text: string): text is Action => Object.hasOwn(ACTIONS, text);

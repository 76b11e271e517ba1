import { canonicalJson } from '@overlay/evidence';
import { Act, type Action } from '@overlay/model';
import type { Database } from './database.ts';
import { instant } from './queries/sql.ts';

/** An act as it stands in the self-audit. */
export interface StoredAct extends Act {
  readonly sequence: number;
  readonly at: string;
  /** The database user, as the database knows it. */
  readonly login: string;
}

interface Place {
  sequence: string;
  at: string;
  login: string;
}

/** Appends an act; it stands there when this resolves. Throws what the database throws: who cannot write here goes no further. */
export async function writeAct(database: Database, act: Act): Promise<StoredAct> {
  const [place] = await database.query<Place & Record<string, unknown>>(
    `select sequence, ${instant('at')} as at, login from audit.record_act($1)`,
    [canonicalJson(readable(act))],
  );
  if (!place) throw new Error('an act that was written down is not there');
  return { ...act, ...placeOf(place) };
}

const placeOf = ({ sequence, at, login }: Place) => ({ sequence: Number(sequence), at, login });

type Canonical = Parameters<typeof canonicalJson>[0];

/** A value in which every text can be shown by the database: NUL and halves of surrogate pairs become U+FFFD. */
function readable(value: Canonical): Canonical {
  if (typeof value === 'string') return value.replaceAll('\0', '\uFFFD').toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(readable);
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, readable(own)]));
}

/** Which acts to read; what is left out does not matter. */
export interface ActFilter {
  /** From this instant on, and before that one. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** The name that a program gave, or the login. */
  readonly who?: string | undefined;
  readonly action?: Action | undefined;
}

/** The newest acts, in their order, and how many there are of these in all. */
export async function readActs(
  database: Database,
  { from, to, who, action }: ActFilter,
  limit: number,
): Promise<{ readonly total: number; readonly acts: readonly StoredAct[] }> {
  const rows = await database.query<Place & { body: unknown; total: string }>(
    `select sequence, ${instant('at')} as at, login, body, count(*) over () as total from audit.self_audit
      where ($1::timestamptz is null or at >= $1) and ($2::timestamptz is null or at < $2)
        and ($3::text is null or login = $3 or body -> 'by' ->> 'name' = $3) and ($4::text is null or body ->> 'action' = $4)
      order by sequence desc limit $5`,
    [from ?? null, to ?? null, who ?? null, action ?? null, limit],
  );
  return {
    total: Number(rows[0]?.total ?? 0),
    acts: rows.reverse().map(({ body, ...place }) => ({ ...Act.parse(body), ...placeOf(place) })),
  };
}

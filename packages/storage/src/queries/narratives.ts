import { Narrative } from '@overlay/model';
import type { Database } from '../database.ts';

/** The narrative about a subject that reaches furthest; of several with the same bound, one by a model before the template's. */
export async function readNarrative(
  database: Database,
  wanted: { readonly source: string; readonly kind: Narrative['kind']; readonly subject: string },
): Promise<Narrative | undefined> {
  const [row] = await database.query<{ body: unknown }>(
    `select body from audit.narratives where kind = $1 and subject = $2 and source = $3
      order by as_of_sequence desc, author = 'template', author limit 1`,
    [wanted.kind, wanted.subject, wanted.source],
  );
  return row && Narrative.parse(row.body);
}

/** Authors of the narratives about a subject at one bound. */
export async function readAuthors(
  database: Database,
  at: {
    readonly source: string;
    readonly kind: Narrative['kind'];
    readonly subject: string;
    readonly asOfSequence: number;
  },
): Promise<readonly string[]> {
  const rows = await database.query<{ author: string }>(
    `select distinct author from audit.narratives where kind = $1 and subject = $2 and source = $3 and as_of_sequence = $4`,
    [at.kind, at.subject, at.source, at.asOfSequence],
  );
  return rows.map(({ author }) => author);
}

/**
 * Stores a narrative that is not part of the dense sequence, once: false when it is there already. `body` is its canonical JSON, `from` the
 * start of what it tells of.
 */
export async function storeNarrative(
  database: Database,
  source: string,
  narrative: Narrative,
  body: string,
  from: string,
): Promise<boolean> {
  await database.query("select audit.ensure_week('narratives', ($1::timestamptz at time zone 'UTC')::date)", [from]);
  const { narrativeId, kind, subject, asOfSequence, author } = narrative;
  const rows = await database.query(
    `insert into audit.narratives (source, sequence, ordinal, commit_time, narrative_id, kind, subject, as_of_sequence, author, body)
      values ($1, null, 1, $2::timestamptz, $3, $4, $5, $6, $7, $8::json) on conflict do nothing returning narrative_id`,
    [source, from, narrativeId, kind, subject, asOfSequence, author, body],
  );
  return rows.length > 0;
}

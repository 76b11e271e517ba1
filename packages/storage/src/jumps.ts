import type { Database } from './database.ts';

interface AcceptedJump {
  gap_id: string;
  landed: string;
  subject: string;
  known: string;
}

/**
 * Goes past the jump that a person accepted where the head stands: the head moves to just before the record that jumped. What is skipped has
 * rows in the log, by which it is published as set aside, so that the topic stays dense and no later stage asks again.
 */
export async function goPastJump(database: Database, stage: string, source: string): Promise<void> {
  const find = `select g.gap_id, h.landed, g.subject,
      (select count(*) from audit.transactions t where t.source = h.source and t.sequence > h.landed and t.sequence < g.subject::bigint)
        as known
    from audit.heads h join audit.gaps g on g.stage = h.stage and g.source = h.source and g.after_sequence = h.landed
    where h.stage = $1 and h.source = $2 and g.code = 'sequence.jump' and g.decision = 'accept' and g.subject ~ '^[0-9]{1,15}$'
      and g.subject::bigint > h.landed + 1
    order by g.found_at desc limit 1`;
  if ((await database.query<AcceptedJump>(find, [stage, source])).length === 0) return;
  await database.transaction(async (client) => {
    await client.query('select from audit.heads where stage = $1 and source = $2 for update', [stage, source]);
    const [jump] = (await client.query<AcceptedJump>(find, [stage, source])).rows;
    if (!jump) return;
    const [landed, last] = [Number(jump.landed), Number(jump.subject) - 1];
    if (Number(jump.known) !== last - landed) return; // it is met once more
    await client.query(
      'insert into audit.skipped_sequences (stage, source, first_sequence, last_sequence, gap_id) values ($1, $2, $3, $4, $5)',
      [stage, source, landed + 1, last, jump.gap_id],
    );
    await client.query(
      'update audit.heads set revision = revision + 1, landed = $3, updated_at = now() where stage = $1 and source = $2',
      [stage, source, last],
    );
  });
}

/** Whether the last decision about a jump where the head stands was to look further on in the topic. */
export const LOOKS_AHEAD = `select g.decision from audit.gaps g
  where g.stage = $1 and g.source = $2 and g.code = 'sequence.jump' and g.after_sequence = $3 order by g.found_at desc limit 1`;

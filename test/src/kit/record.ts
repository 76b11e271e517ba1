import { randomUUID } from 'node:crypto';
import { waitFor } from './wait.ts';
import type { World } from './world.ts';

export interface StageHead {
  readonly stage: string;
  readonly landed: number;
  readonly published: number;
}

export async function headsOf({ record, name }: World): Promise<readonly StageHead[]> {
  const rows = await record.query<{ stage: string; landed: string; published: string }>(
    'select stage, landed, published from audit.heads where source = $1',
    [name],
  );
  return rows.map(({ stage, landed, published }) => ({ stage, landed: Number(landed), published: Number(published) }));
}

/**
 * Writes one marked row to the source and waits until its transaction is landed and published by every stage of `stages`: whatever
 * committed before it is then there too. Gives its sequence.
 */
export async function untilCaughtUp(world: World, stages: readonly string[], ms = 180_000): Promise<number> {
  const marker = `marker ${randomUUID()}`;
  await world.source.query('insert into roles (name) values (?)', [marker]);
  return waitFor(
    `${stages.join(', ')} to catch up`,
    async () => {
      const [marked] = await world.record.query<{ sequence: string }>(
        "select sequence from audit.change_events where source = $1 and table_name = 'roles' and strpos(body::text, $2) > 0",
        [world.name, marker],
      );
      if (!marked) return undefined;
      const sequence = Number(marked.sequence);
      const heads = (await headsOf(world)).filter(({ stage }) => stages.includes(stage));
      const isDone =
        heads.length === stages.length && heads.every((head) => head.landed >= sequence && head.published >= sequence);
      return isDone ? sequence : undefined;
    },
    ms,
  );
}

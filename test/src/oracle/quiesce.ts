import { randomUUID } from 'node:crypto';
import { SERVICES } from '@overlay/infra';
import { headsOf } from '../kit/record.ts';
import { waitFor } from '../kit/wait.ts';
import type { World } from '../kit/world.ts';

export interface Quiet {
  /** The sequence of the last transaction of the source. */
  readonly last: number;
  readonly seconds: number;
}

export interface QuiesceOptions {
  /** Default: the normalizer alone. */
  readonly stages?: readonly string[];
  readonly ms?: number;
  /** Subjects of a fault that leaves gaps behind: true goes on waiting where one is undecided. */
  readonly mayHold?: boolean;
}

/**
 * Writes a row to the source and waits until every stage has landed and published it: whatever committed before it is then there too. Throws
 * at once where a gap holds the source, as nobody will decide about it.
 */
export async function quiesce(world: World, options: QuiesceOptions = {}): Promise<Quiet> {
  const { stages = ['normalizer'], ms = 180_000, mayHold = false } = options;
  const begin = Date.now();
  const before = (await headsOf(world)).find(({ stage }) => stage === 'normalizer')?.landed ?? 0;
  const id = randomUUID();
  await world.source.query('insert into marker values (?)', [id]);
  const last = await waitFor(
    `${stages.join(' and ')} to catch up`,
    async () => {
      if (!mayHold) await throwAtGap(world);
      throwAtDeath(world, stages);
      const [marked] = await world.record.query<{ sequence: string }>(
        "select sequence from audit.change_events where source = $1 and sequence > $2 and table_name = 'marker' and strpos(body::text, $3) > 0",
        [world.name, before, id],
      );
      if (!marked) return undefined;
      const sequence = Number(marked.sequence);
      const heads = (await headsOf(world)).filter(({ stage }) => stages.includes(stage));
      const isDone =
        heads.length === stages.length && heads.every((head) => Math.min(head.landed, head.published) >= sequence);
      return isDone ? sequence : undefined;
    },
    ms,
  );
  return { last, seconds: (Date.now() - begin) / 1000 };
}

function throwAtDeath({ pipeline }: World, stages: readonly string[]): void {
  for (const service of SERVICES.filter((name) => stages.includes(name))) {
    const program = pipeline.running(service);
    if (program?.isRunning() !== true) throw new Error(`${service} is not running: see ${program?.log}`);
  }
}

async function throwAtGap({ record, name }: World): Promise<void> {
  const [gap] = await record.query<{ stage: string; code: string; detail: string }>(
    'select stage, code, detail from audit.gaps where source = $1 and decision is null',
    [name],
  );
  if (gap) throw new Error(`${gap.stage} is held by a gap: ${gap.code}, ${gap.detail}`);
}

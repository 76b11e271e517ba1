import { auditctl } from './auditctl.ts';
import type { World } from './world.ts';

export interface OpenGap {
  readonly gapId: string;
  readonly code: string;
  readonly subject: string;
  readonly detail: string;
}

/** Gaps that nobody has decided about. */
export async function openGaps({ record, name }: World): Promise<readonly OpenGap[]> {
  return record.query<{ gapId: string; code: string; subject: string; detail: string }>(
    'select gap_id as "gapId", code, subject, detail from audit.gaps where source = $1 and decision is null order by found_at',
    [name],
  );
}

/** Decides about gaps by auditctl, as a person would, until none comes any more while `work` is under way; gives those it accepted. */
export async function acceptGapsWhile(world: World, work: Promise<unknown>): Promise<readonly OpenGap[]> {
  const accepted: OpenGap[] = [];
  let isOver = false;
  const done = work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const [gap] = await openGaps(world);
    if (gap) {
      const { code, said } = await auditctl(world, 'gaps', 'decide', gap.gapId, 'accept', '--by', 'fault');
      if (code !== 0) throw new Error(`auditctl does not accept the gap ${gap.code}: ${said}`);
      accepted.push(gap);
    }
    await Promise.race([done.catch(() => {}), new Promise((resolve) => setTimeout(resolve, 300))]);
  }
  await done;
  return accepted;
}

import { STAGES, type StageHead, type StoredGap } from '@overlay/storage';
import type { StageStatus } from './contract/index.ts';
import type { StageHealth } from './stage-health.ts';

/** With something waiting, a stage that has landed nothing for this long does not work. */
const STALL_MS = 60_000;

export interface StagesDeps {
  readonly heads: readonly StageHead[];
  readonly gaps: readonly StoredGap[];
  readonly health: ReadonlyMap<string, StageHealth>;
  readonly now: Date;
}

/** How every stage stands in every source, each measured against the one before it. */
export function stagesOf(deps: StagesDeps): { source: string; stages: StageStatus[] }[] {
  const bySource = Map.groupBy(deps.heads, ({ source }) => source);
  return [...bySource].map(([source, heads]) => {
    const others = heads.map(({ stage }) => stage).filter((stage) => !STAGES.some((known) => known === stage));
    let before: StageHead | undefined;
    const stages = STAGES.map((stage, index) => {
      const head = heads.find((one) => one.stage === stage);
      const status = statusOf(deps, { source, stage, head, landedBefore: index === 0 ? null : (before?.landed ?? 0) });
      before = head;
      return status;
    });
    const unknown = others.map((stage) =>
      statusOf(deps, { source, stage, head: heads.find((one) => one.stage === stage), landedBefore: null }),
    );
    return { source, stages: [...stages, ...unknown] };
  });
}

interface Place {
  readonly source: string;
  readonly stage: string;
  readonly head: StageHead | undefined;
  /** What the stage before has landed; null when there is none before. */
  readonly landedBefore: number | null;
}

function statusOf(deps: StagesDeps, place: Place): StageStatus {
  const { source, stage, head, landedBefore } = place;
  const landed = head?.landed ?? 0;
  const lagSequences = landedBefore === null ? null : Math.max(0, landedBefore - landed);
  const gauges = deps.health.get(stage)?.gauges;
  const lagRecords = gauges?.get(`audit_lag_records ${source}`) ?? null;
  return {
    stage,
    ...stateOf(
      deps,
      place,
      lagSequences === null ? { count: lagRecords ?? 0, of: 'records' } : { count: lagSequences, of: 'sequences' },
    ),
    landed,
    published: head?.published ?? 0,
    landedCommitTime: head?.landedCommitTime ?? null,
    updatedAt: head?.updatedAt ?? null,
    lagSequences,
    lagRecords,
    lagSeconds: gauges?.get(`audit_lag_seconds ${source}`) ?? null,
  };
}

function stateOf(
  { gaps, health, now }: StagesDeps,
  { source, stage, head }: Place,
  lag: { readonly count: number; readonly of: string },
): Pick<StageStatus, 'state' | 'detail'> {
  const said = health.get(stage);
  if (said && !said.isReady) return { state: 'down', detail: said.detail };
  const gap = gaps.find((one) => one.stage === stage && one.source === source && one.decision === null);
  if (gap) return { state: 'held', detail: `held by gap ${gap.gapId.slice(0, 8)} (${gap.code})` };
  if (!head) return { state: 'not_begun', detail: 'has no head in this source yet' };
  if (lag.count === 0) return { state: 'ok', detail: 'nothing waits' };
  const idleMs = now.getTime() - Date.parse(head.updatedAt);
  return idleMs > STALL_MS
    ? {
        state: 'stalled',
        detail: `${lag.count} ${lag.of} wait and nothing has landed for ${Math.floor(idleMs / 1000)} s`,
      }
    : { state: 'behind', detail: `${lag.count} ${lag.of} wait` };
}

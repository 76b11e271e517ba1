import {
  type Anomaly,
  type BusinessEvent,
  type CaseAnomaly,
  type DenseRecord,
  type Fold,
  microsecondsOf,
  withItems,
} from '@overlay/model';

/** The case that is open for an entity: its id, and when its last anomaly was. Remembered under `case:<entity type>:<entity id>`. */
export interface OpenCase {
  readonly caseId: string;
  readonly lastAt: string;
}

/** Anomalies of an entity this far apart, or less, are one case. */
const CASE_US_MAX = 24 * 3600 * 1_000_000;

/** Puts each anomaly of a scoring fold into a case. A case's id comes from its entity and first anomaly. */
export function assignCases<Value>(
  score: Fold<DenseRecord<BusinessEvent>, DenseRecord<Anomaly>, Value>,
  identify: (...parts: string[]) => string,
): Fold<DenseRecord<BusinessEvent>, DenseRecord<CaseAnomaly>, Value | OpenCase> {
  return {
    open(start) {
      const decide = score.open({ ...start, recall: (key) => start.recall(key) as Value | undefined });
      return (record) => {
        const decision = decide(record);
        const { verdict } = decision;
        if (verdict.kind !== 'emit') return { ...decision, verdict };
        const open = new Map<string, OpenCase>();
        const items = [...verdict.out.items].map((anomaly): CaseAnomaly => {
          const key = `case:${anomaly.entityType}:${anomaly.entityId}`;
          const known = open.get(key) ?? (start.recall(key) as OpenCase | undefined);
          const { caseId } =
            known && isWithin(known.lastAt, anomaly.timestamp) ? known : newCase(start.source, anomaly);
          // Commit times can go back: a case ends a day after its latest anomaly, whatever came last.
          const lastAt =
            known?.caseId === caseId && known.lastAt > anomaly.timestamp ? known.lastAt : anomaly.timestamp;
          open.set(key, { caseId, lastAt });
          return { ...anomaly, caseId };
        });
        return {
          ...decision,
          verdict: { ...verdict, out: withItems(verdict.out, items) },
          remember: [...(decision.remember ?? []), ...open],
        };
      };
    },
  };

  function newCase(source: string, { entityType, entityId, anomalyId, timestamp }: Anomaly): OpenCase {
    return { caseId: identify('case', source, entityType, entityId, anomalyId), lastAt: timestamp };
  }
}

const isWithin = (earlier: string, later: string): boolean =>
  Math.abs(microsecondsOf(later) - microsecondsOf(earlier)) <= CASE_US_MAX;

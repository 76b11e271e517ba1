import { type CaseAnomaly, type DenseRecord, type Fold, type Narrative, withItems } from '@overlay/model';
import { explainAnomaly } from '@overlay/narratives';

/**
 * anomaly → narrative: why each anomaly is one, by template, so that a second run writes the same. `timeZone` is an IANA name; `identify`
 * derives ids.
 */
export const explain = (
  timeZone: string,
  identify: (...parts: string[]) => string,
): Fold<DenseRecord<CaseAnomaly>, DenseRecord<Narrative>, never> => ({
  open: () => (record) => {
    const narratives = [...record.items].map(
      (anomaly): Narrative => ({
        narrativeId: identify('anomaly_explanation', anomaly.anomalyId),
        kind: 'anomaly_explanation',
        subject: anomaly.anomalyId,
        asOfSequence: record.sequence,
        timestamp: anomaly.timestamp,
        author: 'template',
        ...told(anomaly, timeZone),
      }),
    );
    return { verdict: { kind: 'emit', out: withItems(record, narratives) } };
  },
});

function told(anomaly: CaseAnomaly, timeZone: string): Pick<Narrative, 'title' | 'text' | 'facts'> {
  const { title, text, facts } = explainAnomaly(anomaly, timeZone);
  return { title, text, facts: [...facts] };
}

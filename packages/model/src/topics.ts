import { CaseAnomaly } from './anomaly.ts';
import { BusinessEvent } from './business-event.ts';
import { ChangeEvent, SealedItems } from './change-event.ts';
import { Narrative } from './narrative.ts';
import { recordOf } from './record.ts';

/** The dense topics by the noun of their records: name on Kafka and contract. Keys are source names. */
export const topics = {
  transaction: {
    name: 'audit.transactions',
    record: recordOf(ChangeEvent).extend({ sealedValues: SealedItems.optional() }),
  },
  businessEvent: { name: 'audit.business-events', record: recordOf(BusinessEvent) },
  anomaly: { name: 'audit.anomalies', record: recordOf(CaseAnomaly) },
  narrative: { name: 'audit.narratives', record: recordOf(Narrative) },
} as const;

/** The raw topic of a source: rows, transaction markers and schema changes in commit order, one partition. */
export const rawTopic = (source: string): string => `cdc.${source}`;

/** The source that a raw topic belongs to. */
export const sourceOfRawTopic = (topic: string): string => topic.slice('cdc.'.length);

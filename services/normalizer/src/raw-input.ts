import { rawTopic, sourceOfRawTopic } from '@overlay/model';
import type { Input } from '@overlay/streams';
import { parseDebeziumJson } from './debezium-json.ts';
import type { RawRecord } from './raw-record.ts';

/** Reads the raw topics, one for each source, with one partition. */
export const rawInput: Input<RawRecord> = {
  topicsOf: (sources) => sources.map(rawTopic),
  sourceOf: (topic) => sourceOfRawTopic(topic),
  isDense: false,
  open:
    () =>
    ({ value }) =>
      value === null
        ? { kind: 'skip', why: 'tombstone' }
        : { kind: 'record', record: parseDebeziumJson(value.toString('utf8')) },
};

import type { WrittenRecord } from '@overlay/model';
import type { CrashAt } from '@overlay/runtime';
import { frame } from './framing.ts';
import type { Broker, Outgoing } from './kafka.ts';
import { partitionOf } from './partition.ts';
import { piecesOf } from './pieces.ts';

/** Bytes that are sent to the broker at once. */
const REQUEST_BYTES_MAX = 4 * 1024 * 1024;

export interface Publisher {
  /** Appends records in their order. A failure may leave a prefix of them on the topic: publishing again repeats it, which readers drop. */
  readonly publish: (
    records: AsyncIterable<WrittenRecord<unknown>> | Iterable<WrittenRecord<unknown>>,
  ) => Promise<void>;
}

/** A publisher for one topic; `schemaId` frames what it writes. */
export function makePublisher(
  broker: Broker,
  topic: string,
  partitions: number,
  schemaId: number,
  crashAt: CrashAt,
): Publisher {
  return {
    async publish(records) {
      let partition = 0;
      let bytes = 0;
      let messages: Outgoing[] = [];
      const flush = async () => {
        if (messages.length > 0) await broker.publish(topic, partition, messages);
        [bytes, messages] = [0, []];
      };
      for await (const written of records) {
        const { source } = written.record;
        partition = partitionOf(source, partitions);
        for (const text of piecesOf(written)) {
          const value = frame(schemaId, text);
          messages.push({ key: source, value });
          bytes += value.length;
          if (bytes < REQUEST_BYTES_MAX) continue;
          await flush();
          crashAt('publish.between');
        }
      }
      await flush();
    },
  };
}

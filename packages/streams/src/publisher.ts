import type { WrittenRecord } from '@overlay/model';
import type { CrashAt } from '@overlay/runtime';
import { frame } from './framing.ts';
import type { Broker, Outgoing } from './kafka.ts';
import { partitionOf } from './partition.ts';
import { piecesOf } from './pieces.ts';

export interface Publisher {
  /** Appends records in their order. A failure may leave a prefix of them on the topic: publishing again repeats it, which readers drop. */
  readonly publish: (
    records: AsyncIterable<WrittenRecord<unknown>> | Iterable<WrittenRecord<unknown>>,
  ) => Promise<void>;
}

export interface PublisherDeps {
  readonly broker: Broker;
  readonly topic: string;
  readonly partitions: number;
  /** Frames what is written. */
  readonly schemaId: number;
  readonly requestBytesMax: number;
  readonly crashAt: CrashAt;
}

/** A publisher for one topic. */
export function makePublisher({
  broker,
  topic,
  partitions,
  schemaId,
  requestBytesMax,
  crashAt,
}: PublisherDeps): Publisher {
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
          if (bytes < requestBytesMax) continue;
          await flush();
          crashAt('publish.between');
        }
      }
      await flush();
    },
  };
}

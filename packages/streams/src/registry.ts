import confluent from '@kafkajs/confluent-schema-registry';
import { messageOf, Trouble } from '@overlay/runtime';
import { z } from 'zod';

/** The contract of a dense topic: its name and the zod schema of its records. */
export interface Contract {
  readonly name: string;
  readonly record: z.ZodType;
}

/** Ids and compatibility of schemas. Throws `registry.unreachable` (retried) and `registry.incompatible` (not). */
export interface SchemaRegistry {
  /** Registers the contract as JSON Schema under `<topic>-value`, which must stay backward compatible; gives the id for framing. */
  readonly register: (contract: Contract) => Promise<number>;
  /** Makes sure that the registry knows the id; cached. */
  readonly knows: (schemaId: number) => Promise<boolean>;
  /** Asks the registry for a sign of life. */
  readonly ping: () => Promise<void>;
}

const ANSWER_MS_MAX = 5000;

export function makeSchemaRegistry(url: string): SchemaRegistry {
  const client = new confluent.SchemaRegistry({ host: url, retry: { retries: 0 } });
  const known = new Set<number>();
  return {
    async register(contract) {
      const schema = JSON.stringify(z.toJSONSchema(contract.record, { target: 'draft-7' }));
      const subject = `${contract.name}-value`;
      try {
        const { id } = await client.register(
          { type: confluent.SchemaType.JSON, schema },
          { subject, compatibility: confluent.COMPATIBILITY.BACKWARD },
        );
        known.add(id);
        return id;
      } catch (thrown) {
        throw registryTrouble(thrown, `registering ${subject}`);
      }
    },
    async knows(schemaId) {
      if (known.has(schemaId)) return true;
      try {
        await client.getSchema(schemaId);
        known.add(schemaId);
        return true;
      } catch (thrown) {
        if (statusOf(thrown) === 404) return false;
        throw registryTrouble(thrown, `asking for schema ${schemaId}`);
      }
    },
    async ping() {
      try {
        const answer = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
        await answer.body?.cancel();
        if (answer.status >= 500) throw new Error(`it answers with status ${answer.status}`);
      } catch (thrown) {
        throw registryTrouble(thrown, 'asking for a sign of life');
      }
    },
  };
}

function registryTrouble(thrown: unknown, doing: string): Trouble {
  const status = statusOf(thrown);
  const isRefusal = status === 409 || status === 422 || /incompatible/i.test(messageOf(thrown));
  return new Trouble(
    isRefusal ? 'registry.incompatible' : 'registry.unreachable',
    `${doing}: ${messageOf(thrown)}`,
    thrown,
  );
}

function statusOf(thrown: unknown): number | undefined {
  return thrown instanceof Error && 'status' in thrown && typeof thrown.status === 'number' ? thrown.status : undefined;
}

import { setTimeout as sleep } from 'node:timers/promises';
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
  /** The text of the Avro schema with this id; undefined when the registry has none, or of another type, or one that refers to others. */
  readonly avroSchema: (schemaId: number) => Promise<string | undefined>;
  /** Asks the registry for a sign of life. */
  readonly ping: () => Promise<void>;
}

const ANSWER_MS_MAX = 10_000;
/** How often, and how far apart, a schema is registered that another copy registers too. */
const REGISTER_TRIES = 10;
const REGISTER_PAUSE_MS = 300;

/** What the registry says of an id; Avro is the type that it leaves out. */
const StoredSchema = z.object({
  schema: z.string(),
  schemaType: z.literal('AVRO').default('AVRO'),
  references: z.array(z.unknown()).max(0).nullish(),
});

export function makeSchemaRegistry(url: string, { answerMsMax = ANSWER_MS_MAX } = {}): SchemaRegistry {
  // The client compiles each schema with ajv, which knows neither zod's formats nor unions of types in its strict mode.
  const options = { [confluent.SchemaType.JSON]: { validateFormats: false, strict: false } };
  const client = new confluent.SchemaRegistry({ host: url, retry: { retries: 0 } }, options as Record<string, object>);
  const known = new Set<number>();
  return {
    async register(contract) {
      const schema = JSON.stringify(z.toJSONSchema(contract.record, { target: 'draft-7' }));
      const subject = `${contract.name}-value`;
      for (let tries = 1; ; tries++) {
        try {
          const { id } = await inTime(
            client.register(
              { type: confluent.SchemaType.JSON, schema },
              { subject, compatibility: confluent.COMPATIBILITY.BACKWARD },
            ),
            answerMsMax,
          );
          known.add(id);
          return id;
        } catch (thrown) {
          if (!isBesideUs(thrown) || tries === REGISTER_TRIES) throw registryTrouble(thrown, `registering ${subject}`);
        }
        await sleep(REGISTER_PAUSE_MS);
      }
    },
    async knows(schemaId) {
      if (known.has(schemaId)) return true;
      try {
        await inTime(client.getSchema(schemaId), answerMsMax);
        known.add(schemaId);
        return true;
      } catch (thrown) {
        if (statusOf(thrown) === 404) return false;
        throw registryTrouble(thrown, `asking for schema ${schemaId}`);
      }
    },
    async avroSchema(schemaId) {
      try {
        const answer = await fetch(`${url}/schemas/ids/${schemaId}`, { signal: AbortSignal.timeout(answerMsMax) });
        if (answer.status === 404) {
          await answer.body?.cancel();
          return undefined;
        }
        if (!answer.ok) throw new Error(`it answers with status ${answer.status}`);
        const found = StoredSchema.safeParse(await answer.json());
        return found.success ? found.data.schema : undefined;
      } catch (thrown) {
        throw registryTrouble(thrown, `asking for schema ${schemaId}`);
      }
    },
    async ping() {
      try {
        const answer = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(answerMsMax) });
        await answer.body?.cancel();
        if (answer.status >= 500) throw new Error(`it answers with status ${answer.status}`);
      } catch (thrown) {
        throw registryTrouble(thrown, 'asking for a sign of life');
      }
    },
  };
}

/** The client waits for ever for a registry that takes a request and does not answer it. */
async function inTime<Answer>(answer: Promise<Answer>, msMax: number): Promise<Answer> {
  const late = AbortSignal.timeout(msMax);
  const lateness = Promise.withResolvers<never>();
  const refuse = () => lateness.reject(late.reason);
  late.addEventListener('abort', refuse, { once: true });
  try {
    return await Promise.race([answer, lateness.promise]);
  } finally {
    late.removeEventListener('abort', refuse);
    answer.catch(() => {}); // nobody waits for it any more
  }
}

/** What another copy that registers the same at this moment makes the registry and its client say: it sets schema and rule one after the other. */
const isBesideUs = (thrown: unknown): boolean => /already exists|Compatibility does not match/.test(messageOf(thrown));

/** The client's own errors carry a status, 400 also when nothing answers; whatever else it throws is a bug. */
function registryTrouble(thrown: unknown, doing: string): unknown {
  const status = statusOf(thrown);
  const isOurBug = status === undefined && !isUnanswered(thrown) && !isBesideUs(thrown);
  if (isOurBug) return thrown;
  const isRefusal = status === 409 || status === 422 || /compatib/i.test(messageOf(thrown));
  return new Trouble(
    isRefusal ? 'registry.incompatible' : 'registry.unreachable',
    `${doing}: ${messageOf(thrown)}`,
    thrown,
  );
}

function statusOf(thrown: unknown): number | undefined {
  return thrown instanceof Error && 'status' in thrown && typeof thrown.status === 'number' ? thrown.status : undefined;
}

/** What `fetch` throws when there is no answer, or none in time. */
const isUnanswered = (thrown: unknown): boolean =>
  thrown instanceof TypeError ||
  (typeof thrown === 'object' && thrown !== null && 'name' in thrown && thrown.name === 'TimeoutError') ||
  (thrown instanceof Error && /answers with status/.test(thrown.message));

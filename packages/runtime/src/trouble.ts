/** Ways in which the world fails; `docs/reference/faults.md` lists the same set. Only the runtime retries, and only what is retryable. */
export const TROUBLE_CODES = {
  'kafka.unreachable': { isRetryable: true, meaning: 'Kafka does not answer' },
  'kafka.refused': {
    isRetryable: false,
    meaning: 'Kafka refuses what it is asked: a message is too large, or a right is missing',
  },
  'kafka.topic_missing': { isRetryable: true, meaning: 'a topic that is to be read does not exist yet' },
  'postgres.unreachable': { isRetryable: true, meaning: 'Postgres does not answer, or ended the connection' },
  'postgres.not_migrated': {
    isRetryable: true,
    meaning: 'the database has not been migrated to what this program needs',
  },
  'keys.unreachable': { isRetryable: true, meaning: 'the database of keys does not answer, or has not been migrated' },
  'keys.other_master': {
    isRetryable: false,
    meaning: 'a key in the database of keys is wrapped by a master key that this program was not given',
  },
  'registry.unreachable': { isRetryable: true, meaning: 'the schema registry does not answer' },
  'registry.incompatible': {
    isRetryable: false,
    meaning: 'the registry refuses a schema because it is not backward compatible',
  },
  'connect.unreachable': { isRetryable: true, meaning: 'Kafka Connect does not answer' },
  'connect.not_running': { isRetryable: true, meaning: 'the connector of a source or its task is not running' },
  'source.unreachable': { isRetryable: true, meaning: 'the source database does not answer' },
  'model.unreachable': { isRetryable: true, meaning: 'the language model does not answer' },
  'evidence.broken': {
    isRetryable: false,
    meaning: 'the evidence log is not what its head says: somebody changed the record',
  },
  'stage.fenced': {
    isRetryable: true,
    meaning: 'another copy of this stage moved its head: this one begins again from there',
  },
} as const;
export type TroubleCode = keyof typeof TROUBLE_CODES;

/** The world failing, with a code of the catalogue. `cause` keeps what the library threw. */
export class Trouble extends Error {
  override readonly name = 'Trouble';
  readonly code: TroubleCode;

  constructor(code: TroubleCode, detail: string, cause?: unknown) {
    super(`${TROUBLE_CODES[code].meaning}: ${detail}`, { cause });
    this.code = code;
  }

  get isRetryable(): boolean {
    return TROUBLE_CODES[this.code].isRetryable;
  }
}

/** The first line of whatever was thrown, for a log field or a message. */
export const messageOf = (thrown: unknown): string => {
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  return text.split('\n', 1)[0] ?? '';
};

/** Why something failed, as a code: that of a trouble, the name of any other error. */
export const codeOf = (thrown: unknown): string => {
  if (thrown instanceof Trouble) return thrown.code;
  return thrown instanceof Error ? thrown.name : 'error';
};

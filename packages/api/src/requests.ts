import {
  type Database,
  type DataKeys,
  readDeadLetterUnits,
  readHeads,
  readRequest,
  readRequests,
  STAGES,
  writeRequest,
} from '@overlay/storage';
import { type Answer, answer, refuse } from './answer.ts';
import { REQUEST_MEANINGS, type StageRequest } from './contract/index.ts';

export interface RequestDeps {
  readonly database: Database;
  readonly dataKeys: DataKeys | undefined;
}

const BY_LENGTH_MAX = 200;
const REQUESTS_MAX = 200;
const [FIRST_STAGE] = STAGES;

/** Control input: a stage takes it up within seconds and writes down at which sequence it took effect, or why it refused. */
type Asked = Promise<Answer<StageRequest>>;

/**
 * Asks the first stage to read again what was set aside under a sequence, as it was kept or, line by line, as `corrected` has it, and to
 * append the repair.
 */
export async function askRepair(
  { database, dataKeys }: RequestDeps,
  source: string,
  sequence: number,
  by: string,
  corrected?: string,
): Asked {
  const wrong = wrongName(by) ?? wrongSequence(sequence);
  if (wrong) return wrong;
  const { units } = await readDeadLetterUnits(database, { stage: FIRST_STAGE, source, sequence }, 1);
  const [unit] = units;
  if (unit?.repairedBy != null)
    return refuse(
      'conflict',
      `sequence ${sequence} was repaired by sequence ${unit.repairedBy}`,
      'a repair stands for ever',
    );
  if (unit && !unit.isSetAside)
    return refuse('conflict', `sequence ${sequence} is not set aside`, 'only what is set aside whole can be repaired');
  const values = corrected?.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (values?.length === 0)
    return refuse(
      'invalid',
      'the file with corrected records is empty',
      'it holds the raw records, one in each line, from BEGIN to END',
    );
  if (values && !dataKeys) return refuse('invalid', 'corrected records are stored sealed, and no key is set', KEY_HINT);
  const request = { stage: FIRST_STAGE, source, kind: 'repair', sequence, requestedBy: by.trim() } as const;
  return readBack(database, await writeRequest(database, request, values && dataKeys && { values, dataKeys }));
}

/** Asks a stage to publish everything from a sequence on once more. */
export async function askRepublish(
  { database }: RequestDeps,
  stage: string,
  source: string,
  from: number,
  by: string,
): Asked {
  const wrong = wrongName(by) ?? wrongSequence(from);
  if (wrong) return wrong;
  const heads = (await readHeads(database)).filter((head) => head.stage === stage);
  if (heads.length === 0)
    return refuse('not_found', `there is no stage '${stage}'`, `accepted are ${STAGES.join(', ')}`);
  const head = heads.find((one) => one.source === source);
  if (!head)
    return refuse(
      'not_found',
      `${stage} has no source '${source}'`,
      `it has ${heads.map((one) => one.source).join(', ')}`,
    );
  if (from > head.landed)
    return refuse(
      'invalid',
      `${stage} has landed up to sequence ${head.landed} only`,
      'name a sequence that it has landed',
    );
  const request = { stage, source, kind: 'republish', sequence: from, requestedBy: by.trim() } as const;
  return readBack(database, await writeRequest(database, request));
}

/** A request as it stands now. */
export async function readBack(database: Database, requestId: string): Asked {
  const request = await readRequest(database, requestId);
  return request
    ? answer({ ...request, meaning: REQUEST_MEANINGS[request.kind] })
    : refuse('not_found', `there is no request '${requestId}'`, '`auditctl requests` lists them');
}

/** What people asked of stages, the newest first. */
export const listRequests = async (database: Database): Promise<StageRequest[]> =>
  (await readRequests(database, REQUESTS_MAX)).map((request) => ({
    ...request,
    meaning: REQUEST_MEANINGS[request.kind],
  }));

const KEY_HINT = 'set KEYS_URL_FILE, and DEAD_LETTER_KEY_FILE to the file that the services have it from';

const wrongName = (by: string): Answer<never> | undefined =>
  by.trim() === '' || by.length > BY_LENGTH_MAX
    ? refuse('invalid', 'it is not said who asks', 'give a name')
    : undefined;

const wrongSequence = (sequence: number): Answer<never> | undefined =>
  Number.isSafeInteger(sequence) && sequence > 0
    ? undefined
    : refuse('invalid', 'that is no sequence', 'sequences are whole numbers from 1');

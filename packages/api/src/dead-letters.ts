import { isUtf8 } from 'node:buffer';
import type { Zone } from '@overlay/narratives';
import {
  type Database,
  type DataKeys,
  findDeadLetters,
  openLetter,
  readDeadLettersOf,
  readDeadLetterUnits,
  readRequests,
  type StoredDeadLetter,
  sourcesWithDeadLetters,
} from '@overlay/storage';
import { type Answer, answer, refuse } from './answer.ts';
import { chooseStretch } from './choose.ts';
import type { DeadLetter, DeadLetterList, DeadLetters } from './contract/index.ts';
import { uuidRange } from './find.ts';

export interface DeadLetterDeps {
  readonly database: Database;
  readonly zone: Zone;
  readonly now: () => Date;
  /** Without them, bytes stay sealed. */
  readonly dataKeys: DataKeys | undefined;
}

/** Dead letters to list; what is left out does not matter. */
export interface DeadLetterAsk {
  readonly stage?: string | undefined;
  readonly source?: string | undefined;
  readonly sequence?: number | undefined;
  readonly code?: string | undefined;
  readonly since?: string | undefined;
  /** open, repaired or all. */
  readonly state?: string | undefined;
  readonly limit?: number | undefined;
}

const LIST_MAX = 1000;
const LETTERS_MAX = 100_000;
const REQUESTS_MAX = 50;

/** Dead letters by what they belong to, the newest first. */
export async function listDeadLetters(
  { database, zone, now }: DeadLetterDeps,
  { state = 'open', since, limit = 50, ...filter }: DeadLetterAsk,
): Promise<Answer<DeadLetterList>> {
  if (state !== 'open' && state !== 'repaired' && state !== 'all')
    return refuse('invalid', `'${state}' is no state of a dead letter`, 'accepted are open, repaired and all');
  const stretch = chooseStretch({ since }, zone, now());
  if (!stretch.ok) return stretch;
  const found = await readDeadLetterUnits(
    database,
    { ...filter, since: stretch.value.from, state: state === 'all' ? undefined : state },
    Math.min(Math.max(1, limit), LIST_MAX),
  );
  return answer({ timeZone: zone.name, total: found.total, units: [...found.units] });
}

const ACCEPTED = 'accepted are a sequence, or the id of a dead letter, or its first 8 characters or more';

/** The dead letters of a sequence, or one by its id, with their bytes where they can still be read. */
export async function showDeadLetters(
  deps: DeadLetterDeps,
  id: string,
  { source, limit = 100 }: { readonly source?: string | undefined; readonly limit?: number | undefined },
): Promise<Answer<DeadLetters>> {
  const found = await findLetters(deps.database, id.trim(), source, Math.min(Math.max(1, limit), LETTERS_MAX));
  if (!found.ok) return found;
  const [first] = found.value;
  if (!first) return refuse('not_found', `there is no dead letter '${id}'`, ACCEPTED);
  const letters: DeadLetter[] = [];
  for (const letter of found.value) letters.push(await shown(letter, deps.dataKeys));
  const sequence = first.sequence === null ? null : Number(first.sequence);
  if (sequence === null) return answer({ timeZone: deps.zone.name, unit: null, letters, requests: [] });
  const { units } = await readDeadLetterUnits(deps.database, { source: first.source, sequence }, 1);
  const requests = await readRequests(deps.database, REQUESTS_MAX, { source: first.source, sequence });
  return answer({ timeZone: deps.zone.name, unit: units[0] ?? null, letters, requests: [...requests] });
}

async function findLetters(
  database: Database,
  id: string,
  named: string | undefined,
  limit: number,
): Promise<Answer<readonly StoredDeadLetter[]>> {
  if (/^\d{1,7}$/.test(id) || (/^\d{1,15}$/.test(id) && named !== undefined)) {
    const sources = await sourcesWithDeadLetters(database, Number(id));
    const [source, another] = named === undefined ? sources : [named];
    if (another !== undefined)
      return refuse(
        'ambiguous',
        `several sources have dead letters of a sequence ${id}`,
        `name one with --source: ${sources.join(', ')}`,
      );
    return answer(source === undefined ? [] : await readDeadLettersOf(database, source, Number(id), limit));
  }
  const range = uuidRange(id);
  if (!range) return refuse('invalid', `'${id}' is neither a sequence nor the id of a dead letter`, ACCEPTED);
  const letters = await findDeadLetters(database, range.low, range.high);
  return letters.length > 1
    ? refuse(
        'ambiguous',
        `'${id}' is the beginning of several ids`,
        `write more of one of: ${letters.map(({ dead_letter_id }) => dead_letter_id).join(', ')}`,
      )
    : answer(letters);
}

async function shown(letter: StoredDeadLetter, dataKeys: DataKeys | undefined): Promise<DeadLetter> {
  const opened = dataKeys && (await openLetter(dataKeys.find, letter));
  const { text, encoding } = textOf(opened?.value ?? null);
  return {
    deadLetterId: letter.dead_letter_id,
    stage: letter.stage,
    source: letter.source,
    sequence: letter.sequence === null ? null : Number(letter.sequence),
    ordinal: letter.ordinal,
    code: letter.code,
    detail: letter.detail,
    topic: letter.topic,
    partition: letter.partition,
    offset: letter.record_offset,
    digest: letter.record_digest,
    foundAt: letter.found_at,
    bytes: opened ? 'readable' : dataKeys ? 'gone' : 'sealed',
    key: textOf(opened?.key ?? null).text,
    value: text,
    encoding,
  };
}

/** Bytes as text where they are text, else in base64. */
const textOf = (bytes: Buffer | null): { readonly text: string | null; readonly encoding: DeadLetter['encoding'] } => {
  if (bytes === null) return { text: null, encoding: 'utf8' };
  return isUtf8(bytes)
    ? { text: bytes.toString('utf8'), encoding: 'utf8' }
    : { text: bytes.toString('base64'), encoding: 'base64' };
};

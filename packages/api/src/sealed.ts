import { timestampOf } from '@overlay/model';
import { openValues, type SubjectKey, subjectName } from '@overlay/sealing';
import {
  type Database,
  type Hold,
  type KeyStore,
  placeHold,
  readHolds,
  readPackNames,
  readSealedChange,
  releaseHold,
  SubjectHeld,
} from '@overlay/storage';
import { type Answer, answer, refuse } from './answer.ts';
import { chooseSource } from './choose.ts';
import type { Erasure, HeldSubject, HoldList, OpenedValue, Rotation } from './contract/index.ts';
import type { Intend } from './recording.ts';

/** Where keys are, and how long what holds values in clear lasts. */
export interface SealedKeys {
  readonly database: Database;
  readonly store: KeyStore;
  readonly rawTopicHours: number;
  readonly keyBackupDays: number;
  readonly deadLetterDays: number;
}

export interface SealedDeps {
  readonly database: Database;
  readonly now: () => Date;
  /** Undefined: this program was not told where they are. */
  readonly keys?: SealedKeys | undefined;
}

/** Who does something, and why. */
export interface Doing {
  readonly by: string;
  readonly reason: string;
}

const TEXT_LENGTH_MAX = 500;

/** Refuses what nobody answers for, and what cannot be done without keys. */
export function begin({ keys }: SealedDeps, { by, reason }: Doing): Answer<SealedKeys> {
  if (!keys)
    return refuse(
      'invalid',
      'this needs the keys, and nobody said where they are',
      'set KEYS_URL_FILE and MASTER_KEY_FILE to files that only you can read',
    );
  for (const [what, text] of Object.entries({ by, reason }))
    if (text.trim() === '' || text.length > TEXT_LENGTH_MAX)
      return refuse(
        'invalid',
        `it is not said ${what === 'by' ? 'who' : 'why'}`,
        `give --${what}, up to ${TEXT_LENGTH_MAX} characters`,
      );
  return answer(keys);
}

/** Opens one column of one event. That it was asked for is on record before anything is opened. */
export async function openSealed(
  deps: SealedDeps,
  { eventId, column, ...doing }: Doing & { readonly eventId: string; readonly column: string },
  intend: Intend,
): Promise<Answer<OpenedValue>> {
  const keys = begin(deps, doing);
  if (!keys.ok) return keys;
  if (!/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(eventId))
    return refuse(
      'invalid',
      `'${eventId}' is no id of a change event`,
      '`auditctl trace` shows the ids of changes, in full with --json',
    );
  const change = await readSealedChange(deps.database, eventId);
  if (!change)
    return refuse('not_found', `there is no change event ${eventId}`, '`auditctl trace` shows the ids of changes');
  const { source, sealedValues } = change;
  const isThere = [change.before, change.after].some((image) => image && Object.hasOwn(image, column));
  if (!isThere)
    return refuse(
      'not_found',
      `event ${eventId} has no column ${column}`,
      'columns are written as the source writes them',
    );
  await intend({ source });
  if (sealedValues.length === 0)
    return refuse(
      'conflict',
      `nothing of event ${eventId} is sealed`,
      'what the pack drops or makes a token is nowhere kept',
    );
  const found = await keys.value.store.findSubjectKeys(sealedValues.map(({ subject }) => subject));
  const held = [...found.values()].filter((key): key is SubjectKey => key !== 'destroyed');
  if (held.length === 0)
    return refuse(
      'conflict',
      `the key of event ${eventId} was destroyed: whose values it holds was erased`,
      'nobody can open it any more',
    );
  const opened = sealedValues.flatMap((values) => {
    const key = held.find(({ id }) => id === values.subject);
    return key ? [openValues(key, eventId, values)] : [];
  });
  if (opened.includes(undefined))
    return refuse(
      'conflict',
      `what is sealed of event ${eventId} is not what was written there`,
      'the row was changed: `auditctl verify` tells since when',
    );
  const clearOf = (at: 'before' | 'after') =>
    opened.map((images) => images?.[at]?.[column]).find((value) => value !== undefined);
  const [before, after] = [clearOf('before'), clearOf('after')];
  if (before === undefined && after === undefined)
    return refuse(
      'conflict',
      `column ${column} of event ${eventId} is not sealed`,
      'only columns with the policy `seal` can be opened',
    );
  return answer({ eventId, source, sequence: change.sequence, column, before: before ?? null, after: after ?? null });
}

/** `TABLE:KEY`, the parts of a key of several columns with commas between them. */
function subjectOf(text: string): Answer<{ readonly table: string; readonly key: readonly string[] }> {
  const [, table = '', key = ''] = /^([^:]+):(.+)$/s.exec(text) ?? [];
  if (table === '') return refuse('invalid', `'${text}' names no subject`, 'write it as TABLE:KEY, such as people:17');
  return answer({ table, key: key.split(',') });
}

interface Asked extends Doing {
  readonly subject: string;
  readonly source?: string | undefined;
}

/** The id under which a source's subject may have a key; refuses what {@link begin} refuses. */
async function findSubject(
  deps: SealedDeps,
  sources: readonly string[],
  asked: Asked,
): Promise<Answer<Readonly<{ keys: SealedKeys; subjectId: string; source: string; isKnown: boolean }>>> {
  const keys = begin(deps, asked);
  if (!keys.ok) return keys;
  const source = chooseSource(asked.source, sources);
  if (!source.ok) return source;
  const parts = subjectOf(asked.subject);
  if (!parts.ok) return parts;
  const name = subjectName(source.value, parts.value.table, parts.value.key);
  const domains = await Promise.all(
    (await readPackNames(deps.database, source.value)).map((pack) => keys.value.store.findDomainKey(pack)),
  );
  const ids = domains.flatMap((domain) => (domain ? [domain.subjectId(name)] : []));
  const known = await keys.value.store.findSubjectKeys(ids);
  const [subjectId] = [...known.keys(), ...ids];
  return subjectId === undefined
    ? refuse(
        'not_found',
        `nothing is sealed in source ${source.value}`,
        'the pack names no column with the policy `seal`',
      )
    : answer({ keys: keys.value, subjectId, source: source.value, isKnown: known.has(subjectId) });
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Destroys the key of a subject, unless it is held; tells when the last copy of its values is past. */
export async function eraseSubject(
  deps: SealedDeps,
  sources: readonly string[],
  asked: Asked,
  intend: Intend,
): Promise<Answer<Erasure>> {
  const found = await findSubject(deps, sources, asked);
  if (!found.ok) return found;
  const { keys, subjectId, source, isKnown } = found.value;
  if (!isKnown)
    return refuse(
      'not_found',
      `no value of ${asked.subject} was ever sealed`,
      'is it TABLE:KEY by the key of the pack?',
    );
  await intend({ source, subjectId });
  const { store, rawTopicHours, keyBackupDays, deadLetterDays } = keys;
  let erasedAt: string | undefined;
  try {
    erasedAt = await store.destroy(subjectId);
  } catch (thrown) {
    if (!(thrown instanceof SubjectHeld)) throw thrown;
    return refuse(
      'conflict',
      `${asked.subject} is held, and cannot be erased`,
      '`auditctl hold list` shows why; `auditctl hold release` ends a hold',
    );
  }
  if (erasedAt === undefined)
    return refuse('conflict', `${asked.subject} was erased before`, 'there is no key to destroy');
  const after = (ms: number) => timestampOf((Date.parse(erasedAt) + ms) * 1000);
  const [rawTopic, keyBackups, deadLetters] = [
    rawTopicHours * HOUR_MS,
    keyBackupDays * DAY_MS,
    deadLetterDays * DAY_MS,
  ];
  return answer({
    subjectId,
    source,
    erasedAt,
    rawTopicPastAt: after(rawTopic),
    keyBackupsPastAt: after(keyBackups),
    deadLettersPastAt: after(deadLetters),
    goneAt: after(Math.max(rawTopic, keyBackups, deadLetters)),
  });
}

const heldOf = (hold: Hold): HeldSubject => ({ ...hold });

export async function addHold(
  deps: SealedDeps,
  sources: readonly string[],
  asked: Asked,
  intend: Intend,
): Promise<Answer<HeldSubject>> {
  const found = await findSubject(deps, sources, asked);
  if (!found.ok) return found;
  const { keys, subjectId, source } = found.value;
  await intend({ source, subjectId });
  return answer(heldOf(await placeHold(keys.database, { subjectId, reason: asked.reason, placedBy: asked.by })));
}

export async function listHolds(deps: SealedDeps, timeZone: string): Promise<Answer<HoldList>> {
  const keys = begin(deps, { by: '-', reason: '-' });
  return keys.ok ? answer({ timeZone, holds: (await readHolds(keys.value.database)).map(heldOf) }) : keys;
}

export async function endHold(
  deps: SealedDeps,
  holdId: string,
  doing: Doing,
  intend: Intend,
): Promise<Answer<HeldSubject>> {
  const keys = begin(deps, doing);
  if (!keys.ok) return keys;
  const hold = (await readHolds(keys.value.database)).find((one) => one.holdId === holdId);
  if (!hold || hold.releasedAt !== null)
    return refuse('not_found', `no hold '${holdId}' is in force`, '`auditctl hold list` shows the ids');
  await intend({ subjectId: hold.subjectId });
  const released = await releaseHold(keys.value.database, holdId, doing.by);
  return released ? answer(heldOf(released)) : refuse('conflict', `hold ${holdId} was released meanwhile`, '');
}

/** Wraps every key by the newest master key; what is sealed stays as it is. */
export async function rotateKeys(deps: SealedDeps, doing: Doing, intend: Intend): Promise<Answer<Rotation>> {
  const keys = begin(deps, doing);
  if (!keys.ok) return keys;
  await intend();
  return answer({ keys: await keys.value.store.rotate() });
}

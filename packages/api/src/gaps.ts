import { GAP_CODES } from '@overlay/model';
import {
  countSequencesBetween,
  type Database,
  findGaps,
  readGaps,
  type StoredGap,
  writeGapDecision,
} from '@overlay/storage';
import { type Answer, answer, refuse } from './answer.ts';
import type { Gap } from './contract/index.ts';
import { uuidRange } from './find.ts';

const GAPS_MAX = 200;
const BY_LENGTH_MAX = 200;

export const gapOf = (gap: StoredGap): Gap => ({ ...gap, meaning: GAP_CODES[gap.code] ?? 'unknown to this version' });

/** The undecided first, then the newest. */
export const listGaps = async (database: Database): Promise<Gap[]> => (await readGaps(database, GAPS_MAX)).map(gapOf);

const ACCEPTED = 'accepted is the id of a gap, or its first 8 characters or more; `auditctl gaps` lists them';

/**
 * Decides on a gap, once and for ever: `retry` makes its stage try again what it stopped at, `accept` makes it go on without. A rewritten
 * source cannot be accepted: its sequences would mean two histories.
 */
export async function decideGap(database: Database, id: string, decision: string, by: string): Promise<Answer<Gap>> {
  if (decision !== 'accept' && decision !== 'retry')
    return refuse('invalid', `'${decision}' is no decision`, 'accepted are accept and retry');
  if (by.trim() === '' || by.length > BY_LENGTH_MAX)
    return refuse('invalid', 'it is not said who decides', 'give a name');
  const gap = await findGap(database, id);
  if (!gap.ok) return gap;
  const refused = decision === 'accept' ? await refuseToAccept(database, gap.value) : undefined;
  if (refused) return refused;
  const decided = await writeGapDecision(database, gap.value.gapId, decision, by.trim());
  return decided ? answer(gapOf(decided)) : refuseDecided(gap.value);
}

/** Why a gap cannot be accepted, and what can be done instead; undefined when it can. */
async function refuseToAccept(database: Database, gap: StoredGap): Promise<Answer<never> | undefined> {
  const { gapId, code, source } = gap;
  switch (code) {
    case 'sequence.jump':
      return refuseUnknown(database, gap);
    case 'source.without_gtid':
      return refuse(
        'conflict',
        `gap ${gapId} cannot be accepted: without GTIDs a repeat cannot be told from a new transaction`,
        'set gtid_mode=ON and enforce_gtid_consistency=ON at the source, register the connector anew, then decide retry',
      );
    case 'source.rewritten':
      return refuse(
        'conflict',
        `gap ${gapId} cannot be accepted: the history of source '${source}' was rewritten, and a rewritten source needs a new source name`,
        'configure the connector and the normalizer with a new source name; the old log stays as it is. After restoring the true binary log, decide retry',
      );
    default:
      return undefined;
  }
}

/** What a jump skips is published as set aside, by its rows in the log: without them there is nothing to publish. */
async function refuseUnknown(database: Database, gap: StoredGap): Promise<Answer<never> | undefined> {
  const { gapId, source, subject, afterSequence } = gap;
  const skipped = Number(subject) - afterSequence - 1;
  const known = await countSequencesBetween(database, source, afterSequence, Number(subject));
  if (known === skipped) return undefined;
  return refuse(
    'conflict',
    `gap ${gapId} cannot be accepted: of the ${skipped} sequences that it skips, the log has ${known}`,
    'another installation wrote to this topic, or this database was restored from an old backup: mend that, then decide retry',
  );
}

async function findGap(database: Database, id: string): Promise<Answer<StoredGap>> {
  const range = uuidRange(id.trim());
  if (!range) return refuse('invalid', `'${id}' is no id of a gap`, ACCEPTED);
  const [first, ...more] = await findGaps(database, range.low, range.high);
  if (!first) return refuse('not_found', `there is no gap '${id}'`, ACCEPTED);
  if (more.length > 0) return refuse('ambiguous', `'${id}' is the beginning of several ids`, ACCEPTED);
  return first.decision === null ? answer(first) : refuseDecided(first);
}

const refuseDecided = ({ gapId, decision, decidedBy }: StoredGap): Answer<never> =>
  refuse(
    'conflict',
    `gap ${gapId} is decided already${decision === null ? '' : ` (${decision}, by ${decidedBy})`}`,
    'decisions stay on record; when the stage stops again it records a new gap',
  );

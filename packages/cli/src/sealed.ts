import {
  type Answer,
  type Api,
  type Erasure,
  type HeldSubject,
  type HoldList,
  makeZone,
  type OpenedValue,
  type Rotation,
} from '@overlay/api';
import { cleanLine, type Io, type Paint } from './io.ts';
import { plural } from './print/words.ts';
import { type GlobalOptions, show } from './run.ts';

/** Commands about sealed values, whom they belong to, and their keys. */

interface Doing extends GlobalOptions {
  readonly reason: string;
}

const doing = (io: Io, { reason, by }: Doing) => ({ reason, by: by ?? io.userName });

export const openValue = (io: Io, options: Doing & { readonly column: string }, eventId: string): Promise<number> =>
  show<OpenedValue>(io, options, async (api) => ({
    answer: await api.open({ eventId, column: options.column, ...doing(io, options) }),
    lines: ({ before, after }) => [`before: ${shown(before)}`, `after:  ${shown(after)}`],
    note: () => 'That you opened it, and why, is on record.',
  }));

const shown = (value: string | boolean | null): string => (value === null ? '(none)' : cleanLine(String(value)));

interface OfSubject extends Doing {
  readonly subject: string;
  readonly source?: string;
}

const subjectOf = (io: Io, options: OfSubject) => ({
  subject: options.subject,
  source: options.source,
  ...doing(io, options),
});

export const erase = (io: Io, options: OfSubject): Promise<number> =>
  show<Erasure>(io, options, async (api) => ({
    answer: await api.erase(subjectOf(io, options)),
    lines: (erasure) => erasureLines(erasure, api.timeZone),
    note: () =>
      'The erasure is on record, without the name. What the source still says of this subject arrives as [ERASED].',
  }));

function erasureLines({ subjectId, source, ...at }: Erasure, timeZone: string): readonly string[] {
  const zone = makeZone(timeZone);
  return [
    `The key of subject ${subjectId} of source ${cleanLine(source)} is destroyed.`,
    `  raw topic past    ${zone.timeOf(at.rawTopicPastAt)}`,
    `  dead letters past ${zone.timeOf(at.deadLettersPastAt)}`,
    `  key backups past  ${zone.timeOf(at.keyBackupsPastAt)}`,
    `Nothing of it can be read anywhere from ${zone.timeOf(at.goneAt)} on.`,
  ];
}

export const addHold = (io: Io, options: OfSubject): Promise<number> =>
  oneHold(io, options, (api) => api.hold(subjectOf(io, options)));

export const endHold = (io: Io, options: Doing, holdId: string): Promise<number> =>
  oneHold(io, options, (api) => api.release(holdId, doing(io, options)));

const oneHold = (io: Io, options: GlobalOptions, ask: (api: Api) => Promise<Answer<HeldSubject>>): Promise<number> =>
  show<HeldSubject>(io, options, async (api) => ({
    answer: await ask(api),
    lines: (hold, paint) => holdLines(hold, api.timeZone, paint),
  }));

export const listHolds = (io: Io, options: GlobalOptions): Promise<number> =>
  show<HoldList>(io, options, async (api) => ({
    answer: await api.holds(),
    lines: ({ holds, timeZone }, paint) =>
      holds.length === 0 ? ['No holds on record.'] : holds.flatMap((hold) => holdLines(hold, timeZone, paint)),
  }));

function holdLines(hold: HeldSubject, timeZone: string, paint: Paint): readonly string[] {
  const zone = makeZone(timeZone);
  const state =
    hold.releasedAt === null
      ? paint('red', 'holds')
      : `released by ${cleanLine(hold.releasedBy ?? 'unknown')}, ${zone.timeOf(hold.releasedAt)}`;
  return [
    `${paint('bold', hold.holdId)} subject ${hold.subjectId}`,
    `  ${cleanLine(hold.reason)}`,
    `  by ${cleanLine(hold.placedBy)}, ${zone.timeOf(hold.placedAt)}; ${state}`,
  ];
}

export const rotateKeys = (io: Io, options: Doing): Promise<number> =>
  show<Rotation>(io, options, async (api) => ({
    answer: await api.rotate(doing(io, options)),
    lines: ({ keys }) => [`${plural(keys, 'key was', 'keys were')} wrapped by the first master key.`],
    note: () =>
      'The others can go from the file when every copy of the normalizer has read it anew, and no backup needs them.',
  }));

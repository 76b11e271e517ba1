import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Answer,
  type Api,
  type DeadLetterAsk,
  type DeadLetterList,
  type DeadLetters,
  makeZone,
  type RequestList,
  readOffer,
  type StageRequest,
} from '@overlay/api';
import { messageOf } from '@overlay/runtime';
import { EXIT } from './exits.ts';
import type { Io, Paint } from './io.ts';
import { deadLetterListLines, deadLettersLines, requestLines, valueLines } from './print/dead-letters.ts';
import { type GlobalOptions, show } from './run.ts';

/** Commands about dead letters, and what people ask of running stages. */

const LOOK_MS = 500;

export const listDeadLetters = (io: Io, options: GlobalOptions & DeadLetterAsk): Promise<number> =>
  show<DeadLetterList>(io, options, async (api) => ({
    answer: await api.deadLetters(options),
    lines: deadLetterListLines,
    note: ({ units, total }) =>
      units.length < total ? `${units.length} of ${total} shown; --limit shows more.` : undefined,
  }));

export const showDeadLetters = (
  io: Io,
  options: GlobalOptions & { readonly source?: string; readonly limit?: number; readonly values?: boolean },
  id: string,
): Promise<number> =>
  show<DeadLetters>(io, options, async (api) => ({
    answer: await api.deadLetter(id, options.values ? { ...options, limit: Number.MAX_SAFE_INTEGER } : options),
    lines: options.values ? valueLines : deadLettersLines,
    note: ({ unit, letters }) =>
      unit && letters.length < unit.count
        ? `${letters.length} of ${unit.count} records shown; --limit shows more.`
        : undefined,
  }));

interface Asking extends GlobalOptions {
  readonly wait: number;
}

export const repair = (
  io: Io,
  options: Asking & { readonly file?: string },
  source: string,
  sequence: number,
): Promise<number> =>
  request(io, options, async (api) => {
    const corrected = options.file === undefined ? undefined : readCorrected(options.file);
    if (corrected && !corrected.ok) return corrected;
    return api.repair(source, sequence, options.by ?? io.userName, corrected?.value);
  });

export const republish = (
  io: Io,
  options: Asking & { readonly from: number },
  stage: string,
  source: string,
): Promise<number> =>
  request(io, options, (api) => api.republish(stage, source, options.from, options.by ?? io.userName));

export const listRequests = (io: Io, options: GlobalOptions): Promise<number> =>
  show<RequestList>(io, options, async (api) => ({
    answer: await api.requests(),
    lines: ({ requests, timeZone }, paint) =>
      requests.length === 0
        ? ['Nothing was asked of a stage.']
        : requests.flatMap((one, index) => [
            ...(index === 0 ? [] : ['']),
            ...requestLines(one, makeZone(timeZone), paint),
          ]),
  }));

export const activatePack = (
  io: Io,
  options: Asking & { readonly source?: string },
  directory: string,
): Promise<number> =>
  request(io, options, async (api) =>
    api.activatePack(await readOffer(directory), options.source, options.by ?? io.userName),
  );

/** Writes the request down and waits a while for the stage's answer. */
const request = (io: Io, options: Asking, ask: (api: Api) => Promise<Answer<StageRequest>>): Promise<number> =>
  show<StageRequest>(io, options, async (api) => ({
    answer: await untilAnswered(api, await ask(api), options.wait),
    lines: (value: StageRequest, paint: Paint) => requestLines(value, makeZone(api.timeZone), paint),
    note: ({ outcome }) =>
      outcome === null
        ? 'The request is on record; its stage takes it up when it runs. `auditctl requests` shows how it is answered.'
        : undefined,
    exit: ({ outcome }) => (outcome === 'refused' ? EXIT.error : EXIT.ok),
  }));

async function untilAnswered(api: Api, asked: Answer<StageRequest>, waitS: number): Promise<Answer<StageRequest>> {
  let now = asked;
  for (const end = Date.now() + waitS * 1000; now.ok && now.value.outcome === null && Date.now() < end; ) {
    await sleep(LOOK_MS);
    now = await api.request(now.value.requestId);
  }
  return now;
}

function readCorrected(file: string): Answer<string> {
  try {
    return { ok: true, value: readFileSync(file, 'utf8') };
  } catch (thrown) {
    const message = `the file with corrected records cannot be read (${messageOf(thrown)})`;
    return { ok: false, refusal: { code: 'invalid', message, hint: 'name a file with one raw record in each line' } };
  }
}

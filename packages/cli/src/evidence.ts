import { statSync, writeFileSync } from 'node:fs';
import {
  type Answer,
  checkPack,
  checkProof,
  type EventProof,
  type Manifest,
  type PackAsk,
  parseKeys,
  readAnchors,
  readDefinitionsFile,
  readOrRefuse,
  type Verification,
  type VerifyAsk,
} from '@overlay/api';
import { EXIT } from './exits.ts';
import type { Io } from './io.ts';
import { packedLines, provedLines, verificationLines } from './print/evidence.ts';
import { type GlobalOptions, show, showAlone } from './run.ts';

/** Commands about the evidence log. Keys, anchors and definitions come from files, never from the database that they are to judge. */

interface Outside {
  readonly keys?: string;
  readonly anchors?: readonly string[];
  readonly definitions?: string;
}

const keysOf = (io: Io, { keys }: Outside) => {
  const file = keys ?? io.env.EVIDENCE_KEYS_FILE;
  return file === undefined ? [] : parseKeys(readOrRefuse(file));
};

function definitionsOf(io: Io, { definitions }: Outside): VerifyAsk['definitions'] {
  const file = definitions ?? io.env.DEFINITIONS_FILE;
  return file === undefined ? undefined : readDefinitionsFile(file);
}

export const verifyLogs = (
  io: Io,
  options: GlobalOptions & Outside & { readonly from?: string; readonly source?: string },
): Promise<number> =>
  show<Verification>(io, options, async (api) => ({
    answer: await api.verify({
      source: options.source,
      since: options.from === undefined ? undefined : readOrRefuse(options.from),
      keys: keysOf(io, options),
      anchors: (options.anchors ?? (io.env.ANCHOR_FILE === undefined ? [] : [io.env.ANCHOR_FILE])).flatMap(readAnchors),
      definitions: definitionsOf(io, options),
      onProgress: options.json || !io.isTty ? undefined : (done) => tellProgress(io, done),
    }),
    lines: verificationLines,
    exit: ({ logs, findings }) =>
      findings.length > 0 || logs.some((log) => log.findings.length > 0) ? EXIT.findings : EXIT.ok,
  }));

const BAR_WIDTH = 30;

/** A bar that is written over itself. */
function tellProgress(io: Io, { source, leaves, size }: { source: string; leaves: number; size: number }): void {
  const filled = Math.round((BAR_WIDTH * leaves) / Math.max(1, size));
  const end = leaves >= size ? '\n' : '';
  io.err(`\r${source} [${'#'.repeat(filled)}${' '.repeat(BAR_WIDTH - filled)}] ${leaves} of ${size} sequences${end}`);
}

export const proveEvent = (io: Io, options: GlobalOptions & { readonly out?: string }, id: string): Promise<number> =>
  show<EventProof>(io, options, async (api) => {
    const answer = await api.prove(id);
    if (answer.ok && options.out !== undefined)
      writeFileSync(options.out, `${JSON.stringify(answer.value, null, 2)}\n`);
    return {
      answer,
      lines: (proof) =>
        options.out === undefined ? [JSON.stringify(proof, null, 2)] : [`The proof is in ${options.out}.`],
      note: () => '`auditctl verify-proof FILE --keys FILE` checks it, without a database.',
    };
  });

/** A file of `auditctl proof`, or a folder of `auditctl evidence-pack`. */
export function verifyProof(io: Io, options: GlobalOptions & Outside, path: string): Promise<number> {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder
    ? showAlone<Manifest & { signers: readonly string[] }>(io, options, async () => ({
        answer: answerOf(await checkPack(path, keysOf(io, options))),
        lines: packedLines,
      }))
    : showAlone<EventProof & { signers: readonly string[] }>(io, options, async () => ({
        answer: answerOf(checkProof(readOrRefuse(path), keysOf(io, options))),
        lines: provedLines,
      }));
}

function answerOf<Value>(
  checked: { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly why: string },
): Answer<Value> {
  if (checked.ok) return checked;
  const hint = 'the file, or the folder, does not show what it claims; is the public key the right one (--keys)?';
  return { ok: false, refusal: { code: 'conflict', message: `not proved: ${checked.why}`, hint } };
}

export const writeEvidencePack = (io: Io, options: GlobalOptions & PackAsk, folder: string): Promise<number> =>
  show<Manifest>(io, options, async (api) => ({
    answer: await api.writePack(folder, options),
    lines: ({ source, firstSequence, lastSequence, transactions, events }) => [
      `${folder} holds sequences ${firstSequence} to ${lastSequence} of ${source}: ${transactions} sequences, ${events} row changes.`,
    ],
    note: () => `\`auditctl verify-proof ${folder} --keys FILE\` checks it, without a database.`,
  }));

export const showDefinitions = (io: Io, options: GlobalOptions): Promise<number> =>
  show<Readonly<Record<string, string>>>(io, options, async (api) => ({
    answer: await api.definitions(),
    lines: (definitions) => [JSON.stringify(definitions, null, 2)],
  }));

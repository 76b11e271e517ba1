import { checkpointText, type NoteSignature, type NoteSigner, writeNote } from '@overlay/evidence';
import { type Logger, type Metrics, messageOf } from '@overlay/runtime';
import {
  type Database,
  type Finding,
  type LogHead,
  makeReadRoots,
  readLogHeads,
  storeCheckpoint,
} from '@overlay/storage';
import type { Anchor } from './anchors.ts';
import { type WitnessAsk, WitnessConflict } from './ask-witness.ts';
import { examine, sweep } from './examine.ts';
import { type Memory, nothingOf, type Remembered, rangeOf } from './memory.ts';

export interface NotaryDeps {
  readonly database: Database;
  readonly memory: Memory;
  readonly signerOf: (source: string) => NoteSigner;
  readonly anchors: readonly Anchor[];
  readonly witnesses: readonly {
    readonly name: string;
    readonly ask: (source: string, ask: WitnessAsk) => Promise<readonly NoteSignature[]>;
  }[];
  readonly heartbeat_ms: number;
  /** Older tiles that are read again at each look. */
  readonly sweepTiles: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly now: () => number;
  /** An anchor took the newest checkpoint of a source. */
  readonly onAnchored: (source: string, anchor: string) => void;
}

/**
 * Makes the function that looks at every log once: what is new is recomputed and signed, some of what is old is read again. A log that is not what it
 * was is not signed any more; it is said what and where, once and whenever it changes. Resolves with the sources whose log is broken. Throws the
 * troubles of the database.
 */
export function makeNotarize(deps: NotaryDeps): () => Promise<readonly string[]> {
  const { database, memory, metrics, logger } = deps;
  const remembered = new Map<string, Remembered>();
  const cursors = new Map<string, number>();
  const said = new Map<string, string>();
  const tell = (source: string, findings: readonly Finding[]): void => {
    const news = findings.map(textOf).join('; ');
    metrics.evidenceBroken.set({ source }, findings.length > 0 ? 1 : 0);
    if (findings.length > 0 && said.get(source) !== news)
      logger.error(
        { source, findings: findings.slice(0, FINDINGS_MAX) },
        'the record was changed: no checkpoint is signed',
      );
    if (findings.length === 0 && said.has(source)) logger.info({ source }, 'the record is whole again');
    if (findings.length > 0) said.set(source, news);
    else said.delete(source);
  };
  const look = async (source: string, head: LogHead | undefined): Promise<readonly Finding[]> => {
    const before = remembered.get(source) ?? memory.read(source) ?? nothingOf(source, head?.first ?? 1);
    if (!head) return [{ source, first: before.first, last: null, what: 'the log is gone' }];
    const examined = await examine(database, before, head);
    const findings = await sweepSome(before); // also where it is known that something is wrong: it may say where
    if (examined.kind === 'broken') return [...examined.findings, ...findings];
    if (findings.length > 0) return findings;
    return sign(before, examined.grown, head);
  };
  /** Where there is something new, or nothing was said for a while. */
  const sign = async (before: Remembered, grown: Remembered, head: LogHead): Promise<readonly Finding[]> => {
    const isDue = grown.size > before.size || deps.now() - before.signedAt >= deps.heartbeat_ms;
    if (!isDue) return [];
    const signed = { ...grown, signedAt: deps.now() };
    const conflicts = await publish(deps, signed, head);
    // What a witness holds against it is asked again.
    remembered.set(grown.source, conflicts.length === 0 ? signed : { ...signed, signedAt: 0 });
    return conflicts;
  };
  const sweepSome = async (before: Remembered): Promise<readonly Finding[]> => {
    const from = cursors.get(before.source) ?? 0;
    const findings = await sweep(database, before, from, deps.sweepTiles);
    if (findings.length === 0)
      cursors.set(before.source, from + deps.sweepTiles <= before.tiles.length ? from + deps.sweepTiles : 0);
    return findings;
  };
  return async () => {
    const heads = new Map((await readLogHeads(database)).map((head) => [head.source, head]));
    for (const source of new Set([...heads.keys(), ...remembered.keys(), ...memory.sources()]))
      tell(source, await look(source, heads.get(source)));
    return [...said.keys()];
  };
}

const FINDINGS_MAX = 20;

const textOf = ({ first, last, what }: Finding): string => `${first} to ${last}: ${what}`;

/** Signs, remembers, asks the witnesses, stores, and hands to the anchors. What a witness holds against it is a finding. */
async function publish(deps: NotaryDeps, signed: Remembered, head: LogHead): Promise<readonly Finding[]> {
  const { database, memory, metrics, logger } = deps;
  const { source, size } = signed;
  const signer = deps.signerOf(source);
  const text = checkpointText({ origin: signer.verifier.name, size, root: rangeOf(signed).root() });
  const signatures = [signer.sign(text)];
  memory.write(signed); // before anybody sees it: what was signed once is never signed otherwise
  const ask = { text, note: writeNote({ text, signatures }), size, read: makeReadRoots(database, head) };
  const findings: Finding[] = [];
  for (const witness of deps.witnesses) {
    try {
      signatures.push(...(await witness.ask(source, ask)));
      deps.onAnchored(source, witness.name);
    } catch (thrown) {
      if (thrown instanceof WitnessConflict) findings.push({ source, first: null, last: null, what: thrown.message });
      logger.warn({ source, anchor: witness.name, detail: messageOf(thrown) }, 'an anchor did not take the checkpoint');
    }
  }
  if (findings.length > 0) return findings;
  const note = writeNote({ text, signatures });
  await storeCheckpoint(database, source, size, note);
  metrics.checkpointSize.set({ source }, size);
  for (const anchor of deps.anchors) {
    try {
      await anchor.take(source, note);
      deps.onAnchored(source, anchor.name);
    } catch (thrown) {
      logger.warn({ source, anchor: anchor.name, detail: messageOf(thrown) }, 'an anchor did not take the checkpoint');
    }
  }
  return [];
}

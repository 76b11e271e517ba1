import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeSigner, makeVerifier } from '@overlay/evidence';
import { lookEvery, Misconfigured, runProgram, Trouble } from '@overlay/runtime';
import { Database, recordStart } from '@overlay/storage';
import { fileAnchor, webhookAnchor } from './anchors.ts';
import { makeAskWitness, type WitnessAsk } from './ask-witness.ts';
import { config } from './config.ts';
import { makeMemory } from './memory.ts';
import { makeNotarize } from './notarize.ts';

const AGE_MS = 1000;
const OTHERS = 0o077;

await runProgram('notary', ['postgres', 'evidence'], config, async (program) => {
  const { config: settings, logger, health, metrics, signal } = program;
  refuseOpenKey(process.env.NOTARY_KEY_FILE);
  const database = new Database(settings.DATABASE_URL, settings.DATABASE_POOL_MAX);
  program.onClose(() => database.close());
  await recordStart(database, program);
  const verifiers = settings.WITNESS_KEYS.map(makeVerifier);
  const anchoredAt = new Map<string, { source: string; anchor: string; at: number }>();
  const notarize = makeNotarize({
    database,
    memory: makeMemory(settings.NOTARY_STATE_DIR),
    signerOf: (source) => makeSigner(`${settings.NOTARY_ORIGIN}/${source}`, settings.NOTARY_KEY),
    anchors: [
      ...(settings.ANCHOR_FILE === undefined ? [] : [fileAnchor(settings.ANCHOR_FILE)]),
      ...(settings.ANCHOR_WEBHOOK === undefined ? [] : [webhookAnchor(settings.ANCHOR_WEBHOOK)]),
    ],
    witnesses: settings.WITNESS_URLS.map((url) => ({ name: new URL(url).host, ask: askBySource(url) })),
    heartbeat_ms: settings.HEARTBEAT_S * 1000,
    sweepTiles: settings.SWEEP_TILES,
    metrics,
    logger,
    now: Date.now,
    onAnchored: (source, anchor) => anchoredAt.set(`${anchor} ${source}`, { source, anchor, at: Date.now() }),
  });
  program.onClose(
    lookEvery(AGE_MS, async () => {
      for (const { source, anchor, at } of anchoredAt.values())
        metrics.anchorAge.set({ source, anchor }, (Date.now() - at) / 1000);
    }),
  );
  while (!signal.aborted) {
    try {
      const broken = await notarize();
      health.up('postgres');
      if (broken.length === 0) health.up('evidence');
      else health.down('evidence', `the record was changed: ${broken.join(', ')}`);
    } catch (thrown) {
      if (!(thrown instanceof Trouble) || !thrown.isRetryable) throw thrown;
      health.down('postgres', thrown.message);
    }
    await sleep(settings.CHECKPOINT_S * 1000, undefined, { signal }).catch(() => {});
  }

  /** What a witness knows of one log says nothing of another. */
  function askBySource(url: string) {
    const asks = new Map<string, ReturnType<typeof makeAskWitness>>();
    return (source: string, ask: WitnessAsk) => {
      const own = asks.get(source) ?? makeAskWitness(url, verifiers);
      asks.set(source, own);
      return own(ask);
    };
  }
});

/** Whoever can read the key can sign another history. */
function refuseOpenKey(file: string | undefined): void {
  if (file !== undefined && (statSync(file).mode & OTHERS) !== 0)
    throw new Misconfigured([`NOTARY_KEY_FILE: others than its owner can read ${file}; chmod 0400 it`]);
}

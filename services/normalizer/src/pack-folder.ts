import type { OfferedPack } from '@overlay/model';
import { readOffer } from '@overlay/packs/load';
import { type Logger, lookEvery, Trouble } from '@overlay/runtime';
import { type Database, type RecordAct, requestPack } from '@overlay/storage';

const LOOK_MS = 5000;

export interface PackFolder {
  readonly directory: string;
  readonly stage: string;
  readonly sources: readonly string[];
  readonly database: Database;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  readonly record: RecordAct;
}

/**
 * Looks at the pack's folder now and then, and offers what changed to every source: it comes into force between two sequences, with no restart. A pack
 * with mistakes, or one that changed and kept its version, is told once and not offered; what was in force stays so. The function ends it.
 */
export function followFolder(folder: PackFolder): () => Promise<void> {
  let seen = '';
  let told = '';
  return lookEvery(LOOK_MS, async () => {
    try {
      const offer = await readOffer(folder.directory);
      const text = JSON.stringify(offer);
      if (text === seen) return;
      await offerTo(folder, offer);
      [seen, told] = [text, ''];
    } catch (thrown) {
      if (thrown instanceof Trouble) return; // the database is away: next time
      const mistakes = mistakesOf(thrown);
      if (mistakes !== told) folder.logger.error({ directory: folder.directory }, `pack not taken: ${mistakes}`);
      told = mistakes;
    }
  });
}

/** A line for each. */
const mistakesOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** Offers a pack to every source in which another one is in force; that it does stands on record before. */
async function offerTo(folder: PackFolder, offer: OfferedPack): Promise<void> {
  const { stage, sources, database, logger, directory, record } = folder;
  const act = { action: 'activate', object: 'pack' } as const;
  const asked = { directory, pack: offer.name, version: offer.version, sources: [...sources] };
  const sequence = await record({ ...act, arguments: asked, outcome: 'asked' });
  let rows = 0;
  for (const source of sources) {
    const requestId = await requestPack(database, stage, source, offer, `PACK_DIR of ${stage}`);
    if (requestId === undefined) continue;
    rows++;
    logger.info({ directory, source, version: offer.version }, 'pack offered');
  }
  await record({ ...act, arguments: {}, outcome: 'ok', rows, asked: sequence });
}

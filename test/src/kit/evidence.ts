import { type Database, readLogHeads, verifyLog } from '@overlay/storage';

/** What verifying the evidence log of a source finds: nothing, when leaves, tiles and head are those that its rows give. */
export async function evidenceFindings(record: Database, source: string): Promise<readonly string[]> {
  const head = (await readLogHeads(record)).find((one) => one.source === source);
  if (!head) return [`${source} has no evidence log`];
  const { findings } = await verifyLog(record, { head, checkpoints: [], jobs: 1 });
  return findings.map(({ first, last, what }) => `sequences ${first} to ${last}: ${what}`);
}

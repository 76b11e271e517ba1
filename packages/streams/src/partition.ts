/** The partition of a source in a topic with `partitions` of them (FNV-1a of its name): readers and writers agree without asking. */
export function partitionOf(source: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(source, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash % partitions;
}

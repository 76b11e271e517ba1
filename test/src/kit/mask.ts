import { loadPack } from '@overlay/packs/load';
import { PHARMACY_PACK } from './world.ts';

type Image = Readonly<Record<string, unknown>>;

/** Puts a mark in the place of each sensitive value of a table's row, where there is one. */
type Mask = <Row extends Image | null>(table: string, image: Row) => Row;

/**
 * Masks for comparing rows of the pharmacy with what the log says of them: a row of the source loses its sensitive values, one of the log what stands for
 * them, and nothing else: what is in clear there stays, and is told as a difference.
 */
export async function makeMasks(): Promise<{ readonly source: Mask; readonly log: Mask }> {
  const { tables } = await loadPack(PHARMACY_PACK);
  const maskOf =
    (isMasked: (value: unknown) => boolean): Mask =>
    (table, image) => {
      const columns = Object.keys(tables[table]?.columns ?? {});
      if (image === null || columns.length === 0) return image;
      const mask = (name: string, value: unknown) => (columns.includes(name) && isMasked(value) ? 'masked' : value);
      return Object.fromEntries(
        Object.entries(image).map(([name, value]) => [name, mask(name, value)]),
      ) as typeof image;
    };
  return { source: maskOf((value) => value !== null), log: maskOf(isSealed) };
}

const isSealed = (value: unknown): boolean => /^(token:|sealed:|\[REDACTED\]$)/.test(String(value));

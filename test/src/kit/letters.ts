import { digest } from '@overlay/evidence';
import { auditctl } from './auditctl.ts';
import { RAW_KEY } from './raw.ts';
import type { World } from './world.ts';

export interface Letter {
  readonly sequence: number | null;
  readonly code: string;
  readonly digest: string;
}

/** Every dead letter of a world's source, in the order of the raw topic. */
export async function lettersOf({ record, name }: World): Promise<readonly Letter[]> {
  const rows = await record.query<{ sequence: string | null; code: string; digest: string }>(
    'select sequence, code, record_digest as digest from audit.dead_letters where source = $1 order by record_offset',
    [name],
  );
  return rows.map(({ sequence, code, digest: own }) => ({
    sequence: sequence === null ? null : Number(sequence),
    code,
    digest: own,
  }));
}

/** The digest of a raw record that a test has written. */
export const letterDigest = (value: string | Buffer): string => digest(Buffer.from(RAW_KEY), Buffer.from(value));

/** The bytes of the records that are kept under a sequence, as auditctl gives them back to a person who holds the key. */
export async function keptValues(world: World, sequence: number): Promise<readonly string[]> {
  const { said, code } = await auditctl(
    world,
    '--json',
    'dead-letters',
    'show',
    String(sequence),
    '--source',
    world.name,
  );
  if (code !== 0) throw new Error(`auditctl does not show the dead letters of sequence ${sequence}: ${said}`);
  return (JSON.parse(said) as { letters: readonly { value: string }[] }).letters.map(({ value }) => value);
}

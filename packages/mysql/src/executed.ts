import { GtidSet } from '@overlay/model';
import type { Source } from './connect.ts';

/** What a server says that it has done. */
export interface ExecutedGtids {
  readonly serverUuid: string;
  readonly executed: GtidSet;
  /** The part of it whose binary logs are gone. */
  readonly purged: GtidSet;
}

export async function readExecuted(source: Source): Promise<ExecutedGtids> {
  const [row] = await source.query<{ uuid: string; executed: string; purged: string }>(
    'select @@server_uuid as uuid, @@global.gtid_executed as executed, @@global.gtid_purged as purged',
  );
  const setOf = (text: string | undefined): GtidSet => GtidSet.parse((text ?? '').replaceAll(/\s/g, ''));
  return { serverUuid: row?.uuid ?? '', executed: setOf(row?.executed), purged: setOf(row?.purged) };
}

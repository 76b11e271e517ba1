import { GtidSet } from '@overlay/model';
import { z } from 'zod';

const ANSWER_MS_MAX = 4000;

/** What is known of the connector of a source; nothing of it while Connect does not answer. */
export interface ConnectorFacts {
  /** The transactions that it has read to their end. It notes them once a minute, so that it may have read more. */
  readonly read?: GtidSet | undefined;
  readonly serverId?: number | undefined;
}

const Offsets = z.object({
  offsets: z.array(z.object({ offset: z.object({ gtids: z.string().nullish() }).nullable() })),
});
const Config = z.object({ 'database.server.id': z.coerce.number().int().optional() });

/** @param name of the connector, which is that of the source */
export async function askConnector(url: string, name: string): Promise<ConnectorFacts> {
  const ask = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${url.replace(/\/$/, '')}/connectors/${encodeURIComponent(name)}/${path}`, {
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    }).catch(() => undefined);
    return answer?.ok ? answer.json() : undefined;
  };
  const offsets = Offsets.safeParse(await ask('offsets')).data?.offsets ?? [];
  const read = offsets
    .flatMap(({ offset }) => offset?.gtids ?? [])
    .join(',')
    .replaceAll(/\s/g, '');
  return {
    read: read === '' ? undefined : GtidSet.parse(read),
    serverId: Config.safeParse(await ask('config')).data?.['database.server.id'],
  };
}

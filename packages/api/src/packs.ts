import type { OfferedPack } from '@overlay/model';
import { type Database, PackRewritten, readActivations, readRequest, requestPack, STAGES } from '@overlay/storage';
import { type Answer, answer, refuse } from './answer.ts';
import { chooseSource } from './choose.ts';
import { type PackList, REQUEST_MEANINGS, type StageRequest } from './contract/index.ts';

/** The stage that decides by which version a record is read: the first one, so that what it seals and what others make of it go by the same. */
const [DECIDING_STAGE] = STAGES;

/** Every version that came into force, by source, the newest first. */
export const listPacks = async (database: Database, timeZone: string): Promise<PackList> => ({
  timeZone,
  packs: [...(await readActivations(database))],
});

/** Puts a version on record and asks for it to come into force in a source, from the next sequence on. */
export async function askActivate(
  database: Database,
  pack: OfferedPack,
  named: { readonly source: string | undefined; readonly sources: readonly string[]; readonly by: string },
): Promise<Answer<StageRequest>> {
  const chosen = chooseSource(named.source, named.sources);
  if (!chosen.ok) return chosen;
  const source = chosen.value;
  const inForce = (await readActivations(database)).find((one) => one.source === source);
  if (inForce?.pack === pack.name && inForce.version >= pack.version)
    return refuse(
      'conflict',
      `version ${inForce.version} of pack ${pack.name} is in force in ${source} from sequence ${inForce.fromSequence} on`,
      "raise the pack's `version`",
    );
  try {
    const requestId = await requestPack(database, DECIDING_STAGE, source, pack, named.by);
    const request = requestId === undefined ? undefined : await readRequest(database, requestId);
    return request
      ? answer({ ...request, meaning: REQUEST_MEANINGS[request.kind] })
      : refuse('conflict', 'this version was asked for already', '`auditctl requests` shows how it is answered');
  } catch (thrown) {
    if (thrown instanceof PackRewritten)
      return refuse('conflict', thrown.message, 'a version means one content for ever');
    throw thrown;
  }
}

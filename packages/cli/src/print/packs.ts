import { makeZone, type PackList } from '@overlay/api';
import { cleanLine, type Paint } from '../io.ts';

/** Which version of which pack is in force from where on, by source. */
export function packLines({ packs, timeZone }: PackList, paint: Paint): readonly string[] {
  if (packs.length === 0)
    return ['No pack is in force yet: it comes into force with the first record that is read by it.'];
  const zone = makeZone(timeZone);
  return packs.flatMap(({ source, pack, version, fromSequence, activatedAt, offeredBy, digest }, index) => {
    const isNewest = packs[index - 1]?.source !== source;
    return [
      ...(isNewest ? [...(index === 0 ? [] : ['']), paint('bold', `source ${cleanLine(source)}`)] : []),
      `  ${cleanLine(pack)} version ${version} from sequence ${fromSequence} on, since ${zone.timeOf(activatedAt)}`,
      `    by ${cleanLine(offeredBy)}, SHA-256 ${digest}`,
    ];
  });
}

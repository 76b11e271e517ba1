import { type Fold, must } from '@overlay/model';
import { Pack } from './pack.ts';

/**
 * A fold that reads each record by the version of the pack that is in force at its sequence. What a version knows beyond its pack, it remembers where
 * the next one finds it. Versions that were in force only before what is read are never looked at.
 */
export function foldByPack<In extends { readonly sequence: number }, Out, Value>(
  make: (pack: Pack) => Fold<In, Out, Value>,
): Fold<In, Out, Value> {
  return {
    open(start) {
      const versions = start.packs ?? [];
      let open: { readonly step: ReturnType<Fold<In, Out, Value>['open']>; readonly until: number } | undefined;
      const openAt = (sequence: number) => {
        const index = Math.max(
          0,
          versions.findLastIndex(({ fromSequence }) => fromSequence <= sequence),
        );
        const version = versions[index];
        must(version, `a pack is in force at sequence ${sequence}`);
        const next = versions.slice(index + 1).find(({ fromSequence }) => fromSequence > sequence);
        return {
          step: make(Pack.parse(version.content)).open(start),
          until: next?.fromSequence ?? Number.POSITIVE_INFINITY,
        };
      };
      return (record) => {
        if (!open || record.sequence >= open.until) open = openAt(record.sequence);
        return open.step(record);
      };
    },
  };
}

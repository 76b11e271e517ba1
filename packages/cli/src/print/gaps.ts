import { type Gap, type GapList, makeZone } from '@overlay/api';
import { cleanLine, type Paint } from '../io.ts';

export function gapsLines({ gaps, timeZone }: GapList, paint: Paint): readonly string[] {
  if (gaps.length === 0) return ['No gaps on record.'];
  return gaps.flatMap((gap, index) => [...(index === 0 ? [] : ['']), ...gapLines(gap, timeZone, paint)]);
}

export function gapLines(gap: Gap, timeZone: string, paint: Paint): readonly string[] {
  const zone = makeZone(timeZone);
  const decided =
    gap.decision === null
      ? paint('red', 'undecided: the source is held')
      : `${gap.decision} by ${cleanLine(gap.decidedBy ?? 'unknown')}, ${zone.timeOf(gap.decidedAt ?? '')}`;
  return [
    `${paint('bold', gap.gapId)} ${gap.code}`,
    `  ${gap.meaning}`,
    `  ${cleanLine(gap.detail)}`,
    `  ${gap.stage} of source ${cleanLine(gap.source)}, after sequence ${gap.afterSequence}, at ${gap.topic}/${gap.partition} offset ${gap.offset ?? 'unknown'}`,
    `  found ${zone.timeOf(gap.foundAt)}`,
    `  ${decided}`,
  ];
}

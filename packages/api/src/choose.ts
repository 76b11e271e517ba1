import { type Timestamp, timestampOf } from '@overlay/model';
import { type Bounds, dayAfter, isDay, type Zone } from '@overlay/narratives';
import { type Answer, answer, refuse } from './answer.ts';

/** The source that a question is about: the one that is named, or the only one there is. */
export function chooseSource(named: string | undefined, sources: readonly string[]): Answer<string> {
  const [only] = sources;
  if (only === undefined) {
    return refuse('not_found', 'no source has been captured yet', 'start the stages, then see `auditctl status`');
  }
  const list = sources.join(', ');
  if (named === undefined) {
    return sources.length === 1
      ? answer(only)
      : refuse('invalid', 'there are several sources and none was named', `name one with --source: ${list}`);
  }
  return sources.includes(named)
    ? answer(named)
    : refuse('not_found', `there is no source '${named}'`, `there is ${list}`);
}

const ACCEPTED_DAYS = 'accepted are today, yesterday, or a day such as 2026-11-21';

/** `today`, `yesterday` or `YYYY-MM-DD` → the day in the pack's time zone. */
export function chooseDay(date: string, zone: Zone, now: Date): Answer<string> {
  const today = zone.dayOf(timestampOf(now.getTime() * 1000));
  if (date === 'today') return answer(today);
  if (date === 'yesterday') return answer(dayAfter(today, -1));
  return isDay(date) ? answer(date) : refuse('invalid', `'${date}' is not a day of the calendar`, ACCEPTED_DAYS);
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SINCE = /^(\d{1,5})([mhd])$/;

/** The stretch that a filter names: one day, or everything since a day or a moment; all of history when it names none. */
export function chooseStretch(
  { date, since }: { readonly date?: string | undefined; readonly since?: string | undefined },
  zone: Zone,
  now: Date,
): Answer<Partial<Bounds>> {
  if (date !== undefined && since !== undefined) {
    return refuse('invalid', 'a day and a beginning were both given', 'give --date or --since, not both');
  }
  if (date !== undefined) {
    const day = chooseDay(date, zone, now);
    return day.ok ? answer(zone.boundsOf(day.value)) : day;
  }
  if (since === undefined) return answer({});
  return chooseBeginning(since, zone, now);
}

/** From the first day to the last one, both of them whole; without one of them, all that is on that side. */
export function chooseDays(
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
  zone: Zone,
  now: Date,
): Answer<Partial<Bounds>> {
  const first = from === undefined ? answer(undefined) : chooseDay(from, zone, now);
  if (!first.ok) return first;
  const last = to === undefined ? answer(undefined) : chooseDay(to, zone, now);
  if (!last.ok) return last;
  const [firstDay, lastDay] = [first.value, last.value];
  if (firstDay !== undefined && lastDay !== undefined && firstDay > lastDay) {
    return refuse('invalid', `${firstDay} comes after ${lastDay}`, 'give --from the first day and --to the last one');
  }
  return answer({
    ...(firstDay !== undefined && { from: zone.boundsOf(firstDay).from }),
    ...(lastDay !== undefined && { to: zone.boundsOf(lastDay).to }),
  });
}

function chooseBeginning(since: string, zone: Zone, now: Date): Answer<Partial<Bounds>> {
  const [, amount, unit] = SINCE.exec(since) ?? [];
  if (amount !== undefined && (unit === 'm' || unit === 'h' || unit === 'd')) {
    const from: Timestamp = timestampOf((now.getTime() - Number(amount) * UNIT_MS[unit]) * 1000);
    return answer({ from });
  }
  const day = chooseDay(since, zone, now);
  if (day.ok) return answer({ from: zone.boundsOf(day.value).from });
  return refuse('invalid', `'${since}' is neither a day nor a time back from now`, `${ACCEPTED_DAYS}, or 30m, 12h, 7d`);
}

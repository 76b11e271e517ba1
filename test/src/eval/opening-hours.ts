import type { Scenario } from '@overlay/generator';

/** Whether a branch was closed; one that is null is the chain's office, which keeps the chain's hours. */
export interface OpeningHours {
  /** By an instant. */
  readonly isClosedAt: (at: string, branch_id: string | null) => boolean;
  /** By what the branch's own clock showed. */
  readonly isClosedBy: (dateTime: string, branch_id: string | null) => boolean;
}

export function openingHoursOf(scenario: Pick<Scenario, 'branches' | 'opens' | 'closes' | 'timeZone'>): OpeningHours {
  const clocks = new Map<string, (at: string) => number>();
  const clockOf = (timeZone: string) => {
    const clock = clocks.get(timeZone) ?? makeClock(timeZone);
    clocks.set(timeZone, clock);
    return clock;
  };
  const ownOf = (branch_id: string | null) =>
    branch_id === null ? undefined : scenario.branches[Number(branch_id) - 1];
  const isClosed = (hour: number, branch_id: string | null): boolean => {
    const { opens = scenario.opens, closes = scenario.closes } = ownOf(branch_id) ?? {};
    return hour < opens || hour >= closes;
  };
  return {
    isClosedAt: (at, branch_id) => isClosed(clockOf(ownOf(branch_id)?.timeZone ?? scenario.timeZone)(at), branch_id),
    isClosedBy: (dateTime, branch_id) => isClosed(Number(dateTime.slice(11, 13)), branch_id),
  };
}

/** The hour that a zone's clock shows; looked up once for each minute. */
function makeClock(timeZone: string): (at: string) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', hour: '2-digit' });
  let last = { minute: '', hour: 0 };
  return (at) => {
    const minute = at.slice(0, 16);
    if (minute !== last.minute) last = { minute, hour: Number(format.format(Date.parse(`${minute}:00Z`))) };
    return last.hour;
  };
}

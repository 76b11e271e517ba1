import type { Detector } from './pack.ts';

const SLOT = /\{([^{}]*)\}/g;

/** Of every detector, and of each method: what fills a slot of its sentences beside the event's payload. */
const COMMON = ['actor', 'local_time', 'local_date', 'local_clock', 'score'];
export const COMPUTED_SLOTS: Readonly<Record<Detector['method'], readonly string[]>> = {
  large_value: [...COMMON, 'odds', 'value', 'typical'],
  rare_change: [...COMMON, 'from', 'to', 'seen', 'total'],
  closed_hours: [...COMMON, 'odds', 'count', 'expected', 'total', 'since', 'open', 'close'],
};

/** The slots of a sentence, each with its alternatives: `{place|place_id}` is `['place', 'place_id']`. */
export function slotsOf(sentence: string): string[][] {
  return [...sentence.matchAll(SLOT)].map((match) => (match[1] ?? '').split('|').map((name) => name.trim()));
}

/** The sentence with its slots filled; an alternative counts as known unless it is null or absent. */
export function fillSlots(sentence: string, known: (name: string) => string | null): string {
  return sentence.replace(SLOT, (_, names: string) => {
    for (const name of names.split('|')) {
      const value = known(name.trim());
      if (value !== null) return value;
    }
    return 'unknown';
  });
}

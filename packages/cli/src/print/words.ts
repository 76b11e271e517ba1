import type { Style } from '../io.ts';

/** How a severity, a state of a stage or of a connector is coloured; the word itself always says it too. */
const STYLES: Readonly<Record<string, Style>> = {
  critical: 'magenta',
  high: 'red',
  medium: 'yellow',
  low: 'dim',
  ok: 'green',
  up: 'green',
  RUNNING: 'green',
  behind: 'yellow',
  stalled: 'red',
  held: 'red',
  down: 'red',
  not_begun: 'yellow',
  FAILED: 'red',
};

export const styleOf = (word: string): Style | undefined => (Object.hasOwn(STYLES, word) ? STYLES[word] : undefined);

/** Enough of an id to name it again. */
export const shortId = (id: string): string => id.slice(0, 13);

export const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** A score as people compare it. */
export const scoreText = (score: number): string => score.toFixed(1);

import type { Head } from '@overlay/model';
import type { Watermarks } from './kafka.ts';
import { nameOf, type Place } from './place.ts';

/** Where reading begins, and what speaks against it. */
export interface Beginning {
  readonly offset: number;
  /** The record at the offset is the one at the stored position: it is to be compared, not taken. */
  readonly isSeeking: boolean;
  /** The stored position is not in the topic, or the records from an offset on to the oldest one that is kept are gone. */
  readonly lost?: 'position' | { readonly from: number };
}

/** Compares the stored position with what the topic keeps. Where a person accepted that it does not hold, reading begins at the oldest record. */
export function beginningOf(
  { position }: Head,
  place: Place,
  { low, high }: Watermarks,
  isAccepted: boolean,
): Beginning {
  const oldest = { offset: low, isSeeking: false };
  if (isAccepted) return oldest;
  // A source begins with its snapshot: what is gone was part of it.
  if (!position) return low > 0 ? { ...oldest, lost: { from: 0 } } : oldest;
  const offset = Number(position.offset);
  const begin = low <= offset ? { offset, isSeeking: true } : oldest;
  const isElsewhere = position.topic !== place.topic || position.partition !== place.partition;
  if (isElsewhere || offset >= high) return { ...begin, lost: 'position' };
  return low > offset + 1 ? { ...begin, lost: { from: offset + 1 } } : begin;
}

/** Names the stored position, so that a person who accepts that it no longer holds accepts just that. */
export function subjectOf({ position }: Head, place: Place): string {
  const { offset = 'start', digest: seen = '' } = position ?? {};
  return `${nameOf(place, offset)} ${seen.slice(0, 8)}`.trimEnd();
}

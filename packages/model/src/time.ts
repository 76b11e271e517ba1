import { z } from 'zod';

/** An instant in UTC with microseconds: `2026-11-21T05:00:00.123456Z`. Sorts as text. */
export const Timestamp = z.string().regex(/^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
export type Timestamp = z.infer<typeof Timestamp>;

/** Microseconds since the epoch → {@link Timestamp}. `microseconds` is a safe integer (years up to 2255). */
export function timestampOf(microseconds: number): Timestamp {
  const milliseconds = Math.floor(microseconds / 1000);
  const rest = microseconds - milliseconds * 1000;
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}

/** The inverse of {@link timestampOf}: microseconds since the epoch. */
export function microsecondsOf(timestamp: Timestamp): number {
  const milliseconds = Date.parse(`${timestamp.slice(0, -4)}Z`);
  return milliseconds * 1000 + Number(timestamp.slice(-4, -1));
}

/** The moments at which a stage can be made to die, in the order in which a batch meets them. */
export const CRASH_POINTS = [
  'republish.before',
  'republish.after',
  'read.before',
  'read.after',
  'land.before_begin',
  'land.after_rows',
  'land.before_commit',
  'land.after_commit',
  'publish.before',
  'publish.between',
  'publish.after',
  'note.after',
  'commit.before',
  'commit.after',
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

/** Dies here when the process was told to. */
export type CrashAt = (point: CrashPoint) => void;

/**
 * Makes the function that stands at every named crash point. `wanted` is `name` or `name:nth`: the process kills itself with SIGKILL,
 * which nothing can catch, when it passes the point for the nth time. Throws a RangeError for a name that is no crash point, and in
 * production.
 */
export function makeCrashAt(wanted: string | undefined, isProduction: boolean): CrashAt {
  if (wanted === undefined) return () => {};
  const [name, nth = '1'] = wanted.split(':');
  if (isProduction) throw new RangeError('AUDIT_CRASH_AT is for tests and is refused in production');
  if (!CRASH_POINTS.some((point) => point === name)) {
    throw new RangeError(`AUDIT_CRASH_AT names '${name}', which is none of: ${CRASH_POINTS.join(', ')}`);
  }
  let passes = 0;
  return (point) => {
    if (point === name && ++passes === Number(nth)) process.kill(process.pid, 'SIGKILL');
  };
}

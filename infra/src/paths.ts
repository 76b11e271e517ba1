import { chmodSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Artefacts and templates: shared by all stacks of this user, safe to delete while no stack runs. */
export function cacheRoot(environment: Environment = process.env): string {
  if (environment.AUDIT_OVERLAY_CACHE) return environment.AUDIT_OVERLAY_CACHE;
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'audit-overlay');
}

/**
 * State and data of the stacks. Not under the home directory: the account that runs Postgres when we are root
 * must be able to walk to its data, and /root is closed to it.
 */
export function runRoot(environment: Environment = process.env): string {
  if (environment.AUDIT_OVERLAY_RUN) return environment.AUDIT_OVERLAY_RUN;
  return join('/var/tmp', `audit-overlay-${process.getuid?.() ?? 'user'}`);
}

/** Mode 0711: others may pass through to what is theirs, and see nothing. */
export function makePassage(directory: string): void {
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o711);
}

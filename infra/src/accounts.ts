import { readFileSync } from 'node:fs';
import type { Account } from './types.ts';

/** The account of a name in the text of /etc/passwd. */
export function parseAccount(passwd: string, name: string): Account | undefined {
  for (const line of passwd.split('\n')) {
    const [user, , uid, gid] = line.split(':');
    if (user === name && uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/** Whom to become for a server that refuses root: postgres, else nobody. Undefined when we are not root and stay who we are. */
export function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = readFileSync('/etc/passwd', 'utf8');
  const account = parseAccount(passwd, 'postgres') ?? parseAccount(passwd, 'nobody');
  if (!account) throw new Error('neither postgres nor nobody in /etc/passwd: Postgres refuses to run as root');
  return account;
}

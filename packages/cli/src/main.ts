#!/usr/bin/env node
import { userInfo } from 'node:os';
import { EXIT } from './exits.ts';
import { runAuditctl } from './program.ts';

// A reader that has seen enough closes the pipe: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.error),
);

const exitCode = await runAuditctl(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  env: process.env,
  isTty: process.stdout.isTTY === true,
  userName: process.env.SUDO_USER ?? userName(),
});
// Ends when all is written out: connections that idle in a pool must not hold the prompt.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));

/** A container may run as a user that no file names. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

import { withSecretFiles } from '@overlay/runtime/testing';
import { runAuditctl } from '../index.ts';

/** Runs auditctl in this process, with these settings; gives its exit code and what it says. */
export async function runIn(environment: Readonly<Record<string, string | undefined>>, argv: readonly string[]) {
  let [out, err] = ['', ''];
  const exit = await runAuditctl(argv, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    env: withSecretFiles(environment),
    isTty: false,
    userName: 'tester',
  });
  return { exit, out, err };
}

import { readFileSync } from 'node:fs';
import type { RunningProgram } from '@overlay/infra';
import { waitFor } from './wait.ts';

/** Where a running program serves health and metrics: it says so in the line that it logs when it has started. */
export function portOf(program: RunningProgram): Promise<number> {
  return waitFor(`process ${program.pid} to serve its health`, async () => {
    if (!program.isRunning()) throw new Error(`process ${program.pid} has ended: see ${program.log}`);
    const started = readFileSync(program.log, 'utf8')
      .split('\n')
      .find((line) => line.includes(`"pid":${program.pid},`) && line.includes('"program started"'));
    return started === undefined ? undefined : (JSON.parse(started) as { port: number }).port;
  });
}

/** The sum of a metric over all its labels that hold `label`; 0 when there is none. */
export async function metricOf(program: RunningProgram, name: string, label = ''): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${await portOf(program)}/metrics`, {
    signal: AbortSignal.timeout(5000),
  });
  const lines = (await answer.text())
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines
    .filter((line) => line.includes(label))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

export interface Readiness {
  readonly isReady: boolean;
  /** Names of what is down. */
  readonly down: readonly string[];
}

export async function readinessOf(program: RunningProgram): Promise<Readiness> {
  const answer = await fetch(`http://127.0.0.1:${await portOf(program)}/readyz`, { signal: AbortSignal.timeout(5000) });
  const body = (await answer.json()) as { dependencies: Readonly<Record<string, { isUp: boolean }>> };
  const down = Object.entries(body.dependencies).filter(([, { isUp }]) => !isUp);
  return { isReady: answer.status === 200, down: down.map(([name]) => name) };
}

import { z } from 'zod';
import { askHttp, jsonOf } from './ask-http.ts';

/** What a stage says of itself over HTTP. */
export interface StageHealth {
  readonly isReady: boolean;
  readonly detail: string;
  /** Gauges by `name source`. */
  readonly gauges: ReadonlyMap<string, number>;
}

const Ready = z.object({
  ready: z.boolean(),
  dependencies: z.record(z.string(), z.object({ isUp: z.boolean(), detail: z.string() })),
});

/** Asks `/readyz` and `/metrics` of a stage. */
export async function readStageHealth(url: string): Promise<StageHealth> {
  const base = url.replace(/\/$/, '');
  const heard = await askHttp(`${base}/readyz`);
  if (!heard.ok) return { isReady: false, detail: `does not answer at ${base}: ${heard.detail}`, gauges: new Map() };
  const parsed = Ready.safeParse(jsonOf(heard.body));
  if (!parsed.success) return { isReady: false, detail: `another program answers at ${base}`, gauges: new Map() };
  const down = Object.entries(parsed.data.dependencies)
    .filter(([, { isUp }]) => !isUp)
    .map(([name, { detail }]) => `${name}: ${detail}`);
  const metrics = await askHttp(`${base}/metrics`);
  return {
    isReady: parsed.data.ready,
    detail: parsed.data.ready ? 'ready' : `not ready, ${down.join('; ')}`,
    gauges: metrics.ok ? gaugesOf(metrics.body) : new Map(),
  };
}

const GAUGE = /^(audit_lag_records|audit_lag_seconds)\{([^}]*)\} (\S+)$/;

/** The gauges that are of interest here, out of Prometheus' text. */
export function gaugesOf(text: string): ReadonlyMap<string, number> {
  const gauges = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = GAUGE.exec(line) ?? [];
    const source = /source="([^"]*)"/.exec(labels)?.[1];
    if (name !== undefined && source !== undefined && Number.isFinite(Number(value)))
      gauges.set(`${name} ${source}`, Number(value));
  }
  return gauges;
}

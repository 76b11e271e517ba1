import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Health } from './health.ts';
import type { Metrics } from './metrics.ts';
import { messageOf } from './trouble.ts';

/**
 * Serves `/healthz` (200 while the process lives), `/readyz` (200 when everything that the program depends on answers, else 503; the body
 * names each dependency, its state and since when) and `/metrics` (Prometheus text).
 */
export async function serveHealth(
  host: string,
  port: number,
  health: Health,
  metrics: Metrics,
): Promise<{ port: number; server: Server }> {
  const server = createServer((request, response) => {
    answerTo(request.url, health, metrics).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      (thrown: unknown) => response.writeHead(500, { 'content-type': 'text/plain' }).end(messageOf(thrown)),
    );
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return { port: (server.address() as AddressInfo).port, server };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function answerTo(url: string | undefined, health: Health, metrics: Metrics): Promise<Answer> {
  switch (url) {
    case '/healthz':
      return { status: 200, type: 'application/json', body: '{"status":"ok"}' };
    case '/readyz': {
      const body = JSON.stringify({ ready: health.isReady, dependencies: health.report() });
      return { status: health.isReady ? 200 : 503, type: 'application/json', body };
    }
    case '/metrics': {
      for (const [dependency, state] of Object.entries(health.report()))
        metrics.dependencyUp.set({ dependency }, state.isUp ? 1 : 0);
      return { status: 200, type: metrics.registry.contentType, body: await metrics.registry.metrics() };
    }
    default:
      return { status: 404, type: 'text/plain', body: 'not found: there are /healthz, /readyz and /metrics\n' };
  }
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { readConfig } from '@overlay/runtime';
import { readConnect } from './connect.ts';
import { apiConfig } from './open.ts';
import { gaugesOf, readStageHealth } from './stage-health.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(answers: Readonly<Record<string, readonly [status: number, body: string]>>): Promise<string> {
  const server = createServer((request, response) => {
    const [status, body] = answers[request.url ?? ''] ?? [404, 'nothing here'];
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('connectors and tasks are read with the first line of what failed', async () => {
  const url = await serve({
    '/connectors?expand=status': [
      200,
      JSON.stringify({
        shops: {
          status: {
            name: 'shops',
            connector: { state: 'RUNNING', worker_id: 'w' },
            tasks: [{ id: 0, state: 'FAILED', worker_id: 'w', trace: 'ConnectException: no\n\tat x' }],
            type: 'source',
          },
        },
      }),
    ],
  });
  expect(await readConnect(`${url}/`)).toEqual({
    isUp: true,
    detail: 'ok',
    connectors: [
      { name: 'shops', state: 'RUNNING', tasks: [{ id: 0, state: 'FAILED', trace: 'ConnectException: no' }] },
    ],
  });
});

test('a Connect that is away, or is another program, is down', async () => {
  expect(await readConnect('http://127.0.0.1:9')).toMatchObject({ isUp: false, connectors: [] });
  expect(await readConnect(await serve({}))).toMatchObject({
    isUp: false,
    detail: 'answers 404, but not as Kafka Connect does',
  });
});

const METRICS = `# HELP audit_lag_records x
audit_lag_records{stage="inferencer",source="shops"} 12
audit_lag_seconds{stage="inferencer",source="shops"} 0.5
audit_lag_seconds{stage="inferencer",source="other"} NaN
audit_held{stage="inferencer",source="shops"} 0
`;

test('a stage tells its readiness and its lag', async () => {
  const dependencies = {
    kafka: { isUp: false, detail: 'refused', since: '' },
    postgres: { isUp: true, detail: 'ok', since: '' },
  };
  const url = await serve({
    '/readyz': [503, JSON.stringify({ ready: false, dependencies })],
    '/metrics': [200, METRICS],
  });
  const health = await readStageHealth(url);
  expect(health).toMatchObject({ isReady: false, detail: 'not ready, kafka: refused' });
  expect([...health.gauges]).toEqual([
    ['audit_lag_records shops', 12],
    ['audit_lag_seconds shops', 0.5],
  ]);
  expect(await readStageHealth('http://127.0.0.1:9')).toMatchObject({ isReady: false });
  expect(gaugesOf('').size).toBe(0);
});

test('health endpoints are configured by stage', () => {
  const read = (STAGE_URLS: string) => readConfig(apiConfig, { DATABASE_URL: 'postgres://x', STAGE_URLS });
  expect(read('normalizer=http://127.0.0.1:1, inferencer=http://127.0.0.1:2/')).toMatchObject({
    ok: true,
    config: { STAGE_URLS: { normalizer: 'http://127.0.0.1:1', inferencer: 'http://127.0.0.1:2/' } },
  });
  expect(read('http://127.0.0.1:1')).toMatchObject({ ok: false });
  expect(readConfig(apiConfig, { DATABASE_URL: 'postgres://x' })).toMatchObject({
    ok: true,
    config: { STAGE_URLS: {} },
  });
});

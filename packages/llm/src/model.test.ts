import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { readConfig } from '@overlay/runtime';
import { withSecretFiles } from '@overlay/runtime/testing';
import { llmConfig, makeModel } from './index.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

function modelAt(baseUrl: string, more: Record<string, string> = {}) {
  const outcome = readConfig(llmConfig, withSecretFiles({ LLM_BASE_URL: baseUrl, LLM_MODEL: 'tiny', ...more }));
  if (!outcome.ok) throw new Error(outcome.mistakes.join());
  const model = makeModel(outcome.config);
  if (!model) throw new Error('a model was configured');
  return model;
}

const chat = (content: unknown, finish = 'stop') =>
  JSON.stringify({
    id: '1',
    object: 'chat.completion',
    choices: [{ index: 0, finish_reason: finish, message: { role: 'assistant', content } }],
  });
const ASK = { system: 'be brief', user: '{"facts":[]}', schema: { type: 'object' } };

test('without an address there is no model', () => {
  const outcome = readConfig(llmConfig, {});
  if (!outcome.ok) throw new Error(outcome.mistakes.join());
  expect(makeModel(outcome.config)).toBeUndefined();
});

test('a wrong address is a mistake of the configuration', () => {
  expect(readConfig(llmConfig, { LLM_BASE_URL: 'ollama' })).toMatchObject({ ok: false });
});

test('asks with roles apart, the schema and the key, and parses the answer', async () => {
  const seen: { url: string | undefined; key: string | undefined; body: string }[] = [];
  const url = await serve((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      seen.push({ url: request.url, key: request.headers.authorization, body });
      response.setHeader('content-type', 'application/json').end(chat('{"sentences":["ok"]}'));
    });
  });
  const model = modelAt(url, { LLM_API_KEY: 'sesame' });
  await expect(model.complete(ASK)).resolves.toEqual({ sentences: ['ok'] });
  expect(model.name).toBe('tiny');
  expect(seen[0]).toMatchObject({ url: '/v1/chat/completions', key: 'Bearer sesame' });
  expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({
    model: 'tiny',
    temperature: 0,
    messages: [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: '{"facts":[]}' },
    ],
    response_format: { type: 'json_schema', json_schema: { schema: { type: 'object' } } },
  });
});

test('an answer that is no JSON, or was cut off, comes back as its text', async () => {
  const url = await serve((_, response) => {
    response.setHeader('content-type', 'application/json').end(chat('{"sentences":["cut', 'length'));
  });
  await expect(modelAt(url).complete(ASK)).resolves.toBe('{"sentences":["cut');
});

test.each<[string, RequestListener]>([
  ['an error of the server', (_, response) => response.writeHead(500).end('boom')],
  [
    'a model that is not there',
    (_, response) => response.writeHead(404).end('{"error":{"message":"model not found"}}'),
  ],
  ['another kind of server', (_, response) => response.setHeader('content-type', 'text/html').end('<html>')],
  ['JSON of another kind', (_, response) => response.setHeader('content-type', 'application/json').end('{"a":1}')],
  ['no content', (_, response) => response.setHeader('content-type', 'application/json').end(chat(null))],
  ['a broken connection', (request) => request.socket.destroy()],
  ['silence', () => {}],
])('%s is a trouble', async (_, answer) => {
  const model = modelAt(await serve(answer), { LLM_TIMEOUT_MS: '300' });
  await expect(model.complete(ASK)).rejects.toMatchObject({ name: 'Trouble', code: 'model.unreachable' });
});

test('nobody listening is a trouble', async () => {
  await expect(modelAt('http://127.0.0.1:9/v1').complete(ASK)).rejects.toMatchObject({ code: 'model.unreachable' });
});

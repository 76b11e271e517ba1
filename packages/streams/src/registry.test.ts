import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { makeSchemaRegistry } from './registry.ts';

/** Takes every request and answers none, as a server does whose own database is stuck. */
let silent: Server;
let url: string;

beforeAll(async () => {
  silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
});
afterAll(() => {
  silent.closeAllConnections();
  silent.close();
});

test.each([
  ['registering', (of: ReturnType<typeof makeSchemaRegistry>) => of.register({ name: 'topic', record: z.object({}) })],
  ['asking for a schema', (of: ReturnType<typeof makeSchemaRegistry>) => of.knows(7)],
  ['asking for an Avro schema', (of: ReturnType<typeof makeSchemaRegistry>) => of.avroSchema(7)],
  ['asking for a sign of life', (of: ReturnType<typeof makeSchemaRegistry>) => of.ping()],
])('%s: a registry that does not answer is unreachable, and nobody waits for it for ever', async (_, ask) => {
  await expect(ask(makeSchemaRegistry(url, { answerMsMax: 50 }))).rejects.toMatchObject({
    code: 'registry.unreachable',
    message: expect.stringContaining('timeout'),
  });
});

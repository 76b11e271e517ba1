import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { fileAnchor, webhookAnchor } from './anchors.ts';

test('a file has a line for each checkpoint, behind what stood there', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'overlay-anchor-')), 'anchors.jsonl');
  await fileAnchor(file).take('shop', 'first\n');
  await fileAnchor(file).take('shop', 'second\n');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { source: 'shop', note: 'first\n' },
    { source: 'shop', note: 'second\n' },
  ]);
});

test('a webhook is given the note, and one that refuses it has not taken it', async () => {
  const taken: string[] = [];
  const server = createServer(async (request, response) => {
    taken.push(await text(request));
    response.writeHead(taken.length > 1 ? 500 : 204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const webhook = webhookAnchor(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await webhook.take('shop', 'note\n');
  await expect(webhook.take('shop', 'note\n')).rejects.toThrow('500');
  server.close();
  expect(taken[0]).toBe('note\n');
  await expect(webhook.take('shop', 'note\n')).rejects.toThrow();
});

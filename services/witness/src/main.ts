import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeSigner, makeVerifier } from '@overlay/evidence';
import { messageOf, runProgram } from '@overlay/runtime';
import { addCheckpoint } from './add-checkpoint.ts';
import { config } from './config.ts';
import { makeSeenFiles } from './seen-files.ts';

/** A proof has at most 64 hashes, a checkpoint few lines. */
const REQUEST_BYTES_MAX = 64 * 1024;

await runProgram('witness', [], config, async ({ config: settings, logger, signal, onClose }) => {
  const signer = makeSigner(settings.WITNESS_NAME, settings.WITNESS_KEY, Date.now);
  const witness = {
    seen: makeSeenFiles(settings.WITNESS_STATE_DIR),
    logs: settings.WITNESS_LOGS.map(makeVerifier),
    signer,
  };
  const server = createServer((request, response) => {
    if (request.method !== 'POST' || request.url !== '/add-checkpoint') {
      response.writeHead(404).end('not found: there is POST /add-checkpoint\n');
      return;
    }
    bodyOf(request).then(
      (body) => {
        const { status, type = 'text/plain', body: answer } = addCheckpoint(witness, body);
        if (status !== 200) logger.warn({ status, detail: answer.trim() }, 'a checkpoint was refused');
        response.writeHead(status, { 'content-type': type }).end(answer);
      },
      (thrown: unknown) => response.writeHead(400).end(`${messageOf(thrown)}\n`),
    );
  });
  onClose(async () => void server.close());
  server.listen(settings.WITNESS_PORT, settings.HTTP_HOST);
  await once(server, 'listening');
  logger.info({ witnessPort: (server.address() as AddressInfo).port, key: signer.verifier.vkey }, 'witness listens');
  if (!signal.aborted) await once(signal, 'abort');
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > REQUEST_BYTES_MAX) throw new Error(`the request is longer than ${REQUEST_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

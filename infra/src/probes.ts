import { connect } from 'node:net';

const PROBE_MS_MAX = 2000;
const HOST = '127.0.0.1';

/** Sends `request` (if any) and answers whether the first bytes of the reply satisfy `accepts`. */
function speak(port: number, request: Buffer | undefined, accepts: (reply: Buffer) => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: HOST });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(PROBE_MS_MAX, () => end(false));
    socket.once('connect', () => request && socket.write(request));
    socket.once('data', (reply) => end(accepts(reply)));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}

/** MySQL greets first: length (3), number (1), protocol version 10. An error packet (too many connections) has 255 there. */
export function mysqlGreets(port: number): Promise<boolean> {
  return speak(port, undefined, (reply) => reply.length > 4 && reply[4] === 10);
}

/** Postgres answers a start-up message with R (authenticate) when it takes connections, with E while it starts or recovers. */
export function postgresAnswers(port: number, user: string, database: string): Promise<boolean> {
  const body = Buffer.from(`user\0${user}\0database\0${database}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(196_608, 4);
  return speak(port, Buffer.concat([head, body]), (reply) => reply[0] === 'R'.charCodeAt(0));
}

/** Kafka answers ApiVersions (key 18, version 0) with the same correlation id and error 0 once the broker is unfenced. */
export function kafkaAnswers(port: number): Promise<boolean> {
  const request = Buffer.alloc(14);
  request.writeInt32BE(10, 0);
  request.writeInt16BE(18, 4);
  request.writeInt16BE(0, 6);
  request.writeInt32BE(7, 8);
  request.writeInt16BE(-1, 12);
  return speak(
    port,
    request,
    (reply) => reply.length >= 10 && reply.readInt32BE(4) === 7 && reply.readInt16BE(8) === 0,
  );
}

export async function httpAnswers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS_MAX) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

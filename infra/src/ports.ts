import { createServer } from 'node:net';
import { PORT_NAMES, type PortName, type Ports } from './types.ts';

/** Below Linux's range for outgoing connections (32768 up), or a port could be lost to one between a kill and a restart. */
const FIRST = 20_000;
const LAST = 32_000;

/**
 * A free port for every name: the remembered one where it is still free, otherwise the next free one, searched from a place that
 * depends on the stack's name. `taken`: ports of other stacks, running or not. Hold the ports lock around this and around remembering.
 */
export async function choosePorts(
  stack: string,
  remembered: Partial<Ports>,
  taken: ReadonlySet<number>,
  isFree: (port: number) => Promise<boolean> = isPortFree,
): Promise<Ports> {
  const used = new Set(taken);
  const chosen = new Map<PortName, number>();
  const take = async (name: PortName, port: number | undefined): Promise<void> => {
    if (port === undefined || used.has(port) || !(await isFree(port))) return;
    used.add(port);
    chosen.set(name, port);
  };
  for (const name of PORT_NAMES) await take(name, remembered[name]);
  let candidate = FIRST + (hashOf(stack) % (LAST - FIRST));
  for (const name of PORT_NAMES) {
    for (let tries = 0; !chosen.has(name); tries += 1) {
      if (tries > LAST - FIRST) throw new Error(`no free port between ${FIRST} and ${LAST}`);
      candidate = candidate >= LAST ? FIRST : candidate + 1;
      await take(name, candidate);
    }
  }
  return Object.fromEntries(chosen) as Ports;
}

/** Free on the loopback address and on all addresses. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function hashOf(text: string): number {
  let hash = 2166136261;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0;
  return hash;
}

import { afterAll, expect, it } from '@jest/globals';
import { type Stack, startStack } from '@overlay/infra';
import { play } from './fault/arena.ts';
import { faults } from './fault/catalogue.ts';
import { sharedServers } from './kit/world.ts';

/** Those that no other test here plays in its own way, each a short play; all of them, and at full length: `npm run fault`. */
const PLAYED = ['F02', 'F04', 'F22', 'F26', 'F31', 'F33', 'F36', 'F42', 'F43', 'F52'];
const SEED = 7;
/** Twice what the longest takes where two of its kind share two cores; one that takes more is stuck, and says how far it came. */
const PLAY_MS_MAX = 600_000;
const CLOSE_MS_MAX = 60_000;

const stop = new AbortController();
let stacks = 0;
const own = (options: { readonly exactlyOnce: boolean }): Promise<Stack> =>
  startStack({ name: `faults-${process.pid}-${++stacks}`, signal: stop.signal, ...options });
afterAll(() => stop.abort());

it.each(PLAYED)(
  '%s leaves every promise kept',
  async (name) => {
    const fault = faults.get(name);
    if (!fault) throw new Error(`there is no fault ${name}`);
    const said: string[] = [];
    const report = await play(fault, {
      seed: SEED,
      isShort: true,
      tell: (text) => said.push(text),
      servers: { shared: async () => sharedServers(), own },
      signal: AbortSignal.any([stop.signal, AbortSignal.timeout(PLAY_MS_MAX)]),
    });
    if (!report.passed) process.stderr.write(`${said.join('\n')}\n`);
    expect(Object.entries(report.checks).filter(([, { passed }]) => !passed)).toEqual([]);
    expect(report.passed).toBe(true);
  },
  PLAY_MS_MAX + CLOSE_MS_MAX,
);

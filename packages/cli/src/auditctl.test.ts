import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { RulesReport } from '@overlay/api';
import { EXIT } from './index.ts';
import { runIn } from './testing/run-in.ts';

const auditctl = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) => runIn(env, argv);

test('help is data, a wrong command is talk', async () => {
  const help = await auditctl(['--help']);
  expect(help).toMatchObject({ exit: EXIT.ok, err: '' });
  for (const word of ['summary', 'anomalies', 'trace', 'status', 'gaps', 'DATABASE_URL', 'Exit codes'])
    expect(help.out).toContain(word);
  expect(await auditctl(['statu'])).toEqual({
    exit: EXIT.usage,
    out: '',
    err: "error: unknown command 'statu'\n(Did you mean status?)\n(auditctl --help shows what there is)\n",
  });
  expect(await auditctl([])).toMatchObject({ exit: EXIT.usage, out: '' });
  expect(await auditctl(['anomalies', '--limit', '0'])).toMatchObject({ exit: EXIT.usage });
  expect(await auditctl(['trace'])).toMatchObject({ exit: EXIT.usage });
});

test('without a database it says how to name one', async () => {
  const { exit, out, err } = await auditctl(['summary']);
  expect({ exit, out }).toEqual({ exit: EXIT.usage, out: '' });
  expect(err).toContain('DATABASE_URL: is missing');
  expect(err).toContain('--database-url-file');
});

test('an address in a file that is not there is named', async () => {
  const { exit, err } = await auditctl(['status', '--database-url-file', '/nowhere'], { DATABASE_URL: 'postgres://x' });
  expect(exit).toBe(EXIT.usage);
  expect(err).toContain('DATABASE_URL_FILE');
});

test('a pack that cannot be read is a mistake of the configuration', async () => {
  const { exit, err } = await auditctl(['status'], {
    DATABASE_URL: 'postgres://x@127.0.0.1:9/x',
    PACK_DIR: '/nowhere',
  });
  expect(exit).toBe(EXIT.usage);
  expect(err).toContain('/nowhere/pack.yaml cannot be read');
});

test('a database that is away is told with cause and next step, in the envelope too', async () => {
  const env = { DATABASE_URL: 'postgres://x:sesame@127.0.0.1:9/x' };
  const { exit, out, err } = await auditctl(['summary', '--json'], env);
  expect(exit).toBe(EXIT.upstreamDown);
  expect(JSON.parse(out)).toMatchObject({
    error: { code: 'postgres.unreachable', message: expect.stringContaining('ECONNREFUSED') },
  });
  expect(err).toContain('is Postgres running');
  expect(`${out}${err}`).not.toContain('sesame');
  expect(await auditctl(['status'], env)).toMatchObject({
    exit: EXIT.upstreamDown,
    out: expect.stringContaining('Postgres  down'),
  });
});

test('rules test applies a pack to its examples, and says what differs', async () => {
  const shop = join(import.meta.dirname, '../../../packs/shop');
  const { exit, out, err } = await auditctl(['rules', 'test', shop]);
  expect({ exit, err }).toEqual({ exit: EXIT.ok, err: '' });
  expect(out).toMatch(/^ok {4}an order takes its units from the stock\n/);
  expect(out).toMatch(/\nshop version \d+: \d+ examples, 0 failed\.\n$/);

  const folder = mkdtempSync(join(tmpdir(), 'pack-'));
  cpSync(shop, folder, { recursive: true });
  const file = join(folder, 'examples', 'shop.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('quantity: 3, purchaser_id', 'quantity: 4, purchaser_id'));
  const wrong = await auditctl(['rules', 'test', folder]);
  expect(wrong.exit).toBe(EXIT.error);
  expect(wrong.out).toContain('order.placed of order:10001: payload.quantity should be "4", is "3"');
  writeFileSync(file, 'examples: []\n');
  const none = await auditctl(['rules', 'test', folder, '--json']);
  expect(none.exit).toBe(EXIT.error);
  expect(RulesReport.parse(JSON.parse(none.out))).toMatchObject({ passed: false, examples: [] });
  expect((await auditctl(['rules', 'test', folder])).out).toContain('rule order.placed gives no event in any example');
  writeFileSync(file, 'examples: [{ title: x }]\n');
  expect(await auditctl(['rules', 'test', folder])).toMatchObject({
    exit: EXIT.usage,
    err: expect.stringContaining('shop.yaml:1:'),
  });
  expect(await auditctl(['rules', 'test', '/nowhere'])).toMatchObject({ exit: EXIT.usage });
});

import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ACTIONS, FAULT_CODES, GAP_CODES, topics } from '@overlay/model';
import { CRASH_POINTS, makeMetrics, TROUBLE_CODES } from '@overlay/runtime';
import { withSecretFiles } from '@overlay/runtime/testing';

const REPOSITORY = join(import.meta.dirname, '..', '..');
const pageOf = (name: string): string => readFileSync(join(REPOSITORY, 'docs', 'reference', name), 'utf8');

/** The first cells of the tables under a heading, each a name in code font. */
function listed(page: string, heading: string): readonly string[] {
  const [, section] = page.split(new RegExp(`^## ${heading}$`, 'm'));
  if (section === undefined) throw new Error(`there is no heading '${heading}'`);
  const [own = ''] = section.split(/^## /m, 1);
  return [...own.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);
}

/** What a program of ours prints, run from its sources as it is started everywhere. */
function printed(file: string, words: readonly string[], environment: Readonly<Record<string, string>> = {}): string {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['-C', '@overlay/source', join(REPOSITORY, file), ...words],
    { encoding: 'utf8', env: { PATH: process.env.PATH, ...withSecretFiles(environment) } },
  );
  if (status !== 0) throw new Error(`${file} ended with ${status}: ${stderr}`);
  return stdout;
}

test.each([
  ['Faults', FAULT_CODES],
  ['Gaps', GAP_CODES],
  ['Troubles', TROUBLE_CODES],
])('faults.md lists the codes of %s, and no others', (heading, catalogue) => {
  expect([...listed(pageOf('faults.md'), heading)].sort()).toEqual(Object.keys(catalogue).sort());
});

test('metrics.md lists what every service measures, with type and labels, and nothing else', async () => {
  const { registry } = makeMetrics();
  const ours = (await registry.getMetricsAsJSON()).filter(({ name }) => name.startsWith('audit_'));
  expect([...listed(pageOf('metrics.md'), 'Metrics')].sort()).toEqual(ours.map(({ name }) => name).sort());
  for (const { name, help } of ours) expect(pageOf('metrics.md')).toMatch(new RegExp(`\`${name}\`.*${help}`));
});

test('self-audit.md lists the actions', () => {
  expect(listed(pageOf('self-audit.md'), 'Actions')).toEqual(Object.keys(ACTIONS));
});

test('topics.md lists the dense topics, and crash-points.md the crash points in their order', () => {
  expect([...listed(pageOf('topics.md'), 'Dense topics')].sort()).toEqual(
    Object.values(topics)
      .map(({ name }) => name)
      .sort(),
  );
  expect(listed(pageOf('crash-points.md'), 'Crash points')).toEqual([...CRASH_POINTS]);
});

test('configuration.md is what the generator prints', () => {
  expect(pageOf('configuration.md')).toBe(printed('infra/src/reference.ts', []));
});

const SIGNING_KEY = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

test.each(readdirSync(join(REPOSITORY, 'services')))('configuration.md has every setting of %s', (service) => {
  const settings = printed(`services/${service}/src/main.ts`, ['--print-config'], {
    SOURCES: 'shop',
    SOURCE: 'shop',
    SOURCE_URL: 'mysql://127.0.0.1/shop',
    KAFKA_BROKERS: '127.0.0.1:9092',
    SCHEMA_REGISTRY_URL: 'http://127.0.0.1:8081',
    DATABASE_URL: 'postgres://127.0.0.1/audit',
    DEAD_LETTER_KEY: Buffer.alloc(32).toString('base64'),
    EVIDENCE_NONCE_KEY: Buffer.alloc(32).toString('base64'),
    KEYS_URL: 'postgres://127.0.0.1/keys',
    MASTER_KEY: Buffer.alloc(32).toString('base64'),
    PACK_DIR: 'packs/pharmacy',
    NOTARY_ORIGIN: 'audit.example',
    NOTARY_KEY: SIGNING_KEY,
    NOTARY_STATE_DIR: '/nowhere',
    WITNESS_NAME: 'witness.example',
    WITNESS_KEY: SIGNING_KEY,
    WITNESS_LOGS: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    WITNESS_STATE_DIR: '/nowhere',
  });
  const page = pageOf('configuration.md');
  for (const line of settings.trim().split('\n'))
    expect(page).toMatch(new RegExp(`\\| \`${line.split('=', 1)[0]}\` +\\|`));
});

test('links between pages lead somewhere', () => {
  const pages = ['README.md', 'ARCHITECTURE.md', 'docs/README.md'];
  for (const folder of ['docs/reference', 'docs/adr'])
    pages.push(...readdirSync(join(REPOSITORY, folder)).map((name) => `${folder}/${name}`));
  const broken = pages.flatMap((page) => {
    const text = readFileSync(join(REPOSITORY, page), 'utf8');
    const targets = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target);
    return targets
      .filter((target) => !isThere(join(REPOSITORY, page, '..', target)))
      .map((target) => `${page}: ${target}`);
  });
  expect(broken).toEqual([]);
});

function isThere(path: string): boolean {
  try {
    return path.endsWith('/') ? readdirSync(path).length > 0 : readFileSync(path).length > 0;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EISDIR';
  }
}

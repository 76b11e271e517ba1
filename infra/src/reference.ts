import { apiConfig } from '@overlay/api';
import { llmConfig } from '@overlay/llm';
import { packConfig } from '@overlay/packs/load';
import { EXIT_CONFIG, runtimeConfig } from '@overlay/runtime';
import { deadLetterConfig, evidenceConfig, keyStoreConfig, storageConfig } from '@overlay/storage';
import { streamsConfig } from '@overlay/streams';
import { z } from 'zod';

interface Group {
  readonly title: string;
  readonly of: string;
  readonly shape: z.ZodRawShape;
}

/** The page `docs/reference/configuration.md`, made from the shapes that the programs read their settings by. */
function page(): string {
  const groups: readonly Group[] = [
    { title: 'Every service', of: '`packages/runtime/src/config.ts`', shape: runtimeConfig },
    { title: 'Topics', of: 'every service, `packages/streams/src/config.ts`', shape: streamsConfig },
    {
      title: 'Postgres',
      of: 'every service and the migrate command, `packages/storage/src/database.ts`',
      shape: storageConfig,
    },
    { title: 'Dead letters', of: 'every service, `packages/storage/src/data-keys.ts`', shape: deadLetterConfig },
    { title: 'Evidence', of: 'normalizer, `packages/storage/src/evidence/nonce-config.ts`', shape: evidenceConfig },
    {
      title: 'Keys of sealed values',
      of: 'the normalizer, `packages/storage/src/key-store.ts`',
      shape: keyStoreConfig,
    },
    {
      title: 'Pack',
      of: 'the normalizer, and of the migrate command, which can do without, `packages/packs/src/load.ts`',
      shape: packConfig,
    },
    { title: 'Language model', of: 'summarizer, `packages/llm/src/config.ts`', shape: llmConfig },
    { title: 'auditctl', of: '`packages/api/src/open.ts`', shape: apiConfig },
  ];
  return [HEAD, ...groups.map(groupText), TAIL].join('\n');
}

const HEAD = `# Configuration

<!-- Generated: node_modules/.bin/node -C @overlay/source infra/src/reference.ts > docs/reference/configuration.md -->

Settings come from the environment and from nowhere else. Each can also be read from a file: \`NAME_FILE\` names a file that holds the
value of \`NAME\`; setting both is a mistake. A secret comes from a file only, which not everyone may read: a password, a key, an address with a password in it. A program that is told something wrong reports every mistake in one message on stderr and
ends with ${EXIT_CONFIG} (auditctl: with 2). Unknown variables are ignored, empty ones count as not set.

Every service takes \`--check-config\` (reads the settings, ends with 0 or ${EXIT_CONFIG}) and \`--print-config\` (prints them as
\`NAME=value\` too, secrets as \`(secret)\`). A pack is read when the service starts, not by these two.
`;

function groupText({ title, of, shape }: Group): string {
  const schema = z.toJSONSchema(z.object(shape), { io: 'input' });
  const required = new Set(schema.required);
  const rows = Object.entries(schema.properties ?? {}).map(([name, property]) => rowOf(name, property, required));
  return `## ${title}\n\nOf ${of}.\n\n${tableText([['name', 'value', 'default', 'what'], ...rows])}`;
}

/** A table of Markdown, its columns aligned as the formatter has them. */
function tableText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  const [titles = [], ...others] = rows;
  return [titles, widths.map((width) => '-'.repeat(width)), ...others].map(line).join('');
}

type Property = z.core.JSONSchema._JSONSchema;

function rowOf(name: string, property: Property, required: ReadonlySet<string>): readonly string[] {
  if (typeof property === 'boolean') throw new Error(`${name} has no schema that can be described`);
  const isRequired = required.has(name);
  return [`\`${name}\``, valueText(property), defaultText(property, isRequired), textOf(property)].map(cellText);
}

/** Text that a table of Markdown shows as it is. */
const cellText = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '\\<');

const textOf = ({ description, secret }: Exclude<Property, boolean>): string =>
  `${description ?? ''}${secret === true ? ' (secret)' : ''}`;

function valueText({ type, enum: values, format, minimum, maximum }: Exclude<Property, boolean>): string {
  if (values) return values.map((value) => `\`${value}\``).join(', ');
  if (type !== 'integer' && type !== 'number') return format === 'uri' ? 'URL' : 'text';
  const kind = type === 'integer' ? 'whole number' : 'number';
  const isBounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  return isBounded ? `${kind}, ${minimum} to ${maximum}` : `${kind} from ${minimum ?? 0}`;
}

function defaultText({ default: value }: Exclude<Property, boolean>, isRequired: boolean): string {
  if (isRequired) return 'must be set';
  if (value === undefined) return 'none';
  return value === '' ? 'empty' : `\`${value}\``;
}

const OWN = [
  ['program', 'name', 'value', 'default', 'what'],
  [
    'normalizer',
    '`POISON`',
    '`set_aside`, `stop`',
    '`set_aside`',
    'what happens to a transaction that cannot be read: it is set aside whole and later ones go on, or its source stops until a person decides',
  ],
  [
    'normalizer',
    '`CONNECT_URL`',
    'URL',
    'none',
    'REST API of Kafka Connect, to report on the connector of each source',
  ],
  [
    'summarizer',
    '`SUMMARY_INTERVAL_S`',
    'number from 1',
    '`300`',
    'seconds between two looks for days whose summary is missing or behind',
  ],
  [
    'notary',
    '`NOTARY_ORIGIN`',
    'text',
    'must be set',
    'what the names of logs begin with, such as `audit.example`; the log of a source is `<origin>/<source>`',
  ],
  [
    'notary',
    '`NOTARY_KEY`',
    'text',
    'must be set',
    'the Ed25519 private key in PEM that checkpoints are signed with; others than its owner must not be able to read its file (secret)',
  ],
  [
    'notary',
    '`NOTARY_STATE_DIR`',
    'text',
    'must be set',
    'folder for what the notary remembers of each log; not on the machine of the database',
  ],
  [
    'notary',
    '`CHECKPOINT_S`',
    'number from 0.1',
    '`10`',
    'seconds between two looks for new rows, each of which ends with a checkpoint when there are any',
  ],
  [
    'notary',
    '`HEARTBEAT_S`',
    'number from 0.1',
    '`60`',
    'seconds after which a log that does not grow is signed once more: silence says something too',
  ],
  [
    'notary',
    '`SWEEP_TILES`',
    'whole number from 0',
    '`10`',
    'tiles of 256 older sequences that are read again at each look, around and around',
  ],
  [
    'notary',
    '`ANCHOR_FILE`',
    'text',
    'none',
    'file that every checkpoint is appended to, a line of JSON each; best on another machine',
  ],
  ['notary', '`ANCHOR_WEBHOOK`', 'URL', 'none', 'URL that every checkpoint is posted to'],
  ['notary', '`WITNESS_URLS`', 'URLs', 'none', 'C2SP witnesses that are asked for a cosignature, separated by commas'],
  ['notary', '`WITNESS_KEYS`', 'text', 'none', 'public keys of those witnesses, separated by commas or spaces'],
  ['reconciler', '`SOURCE`', 'text', 'must be set', 'the source that SOURCE_URL is, by its name in the log'],
  [
    'reconciler',
    '`SOURCE_URL`',
    'text',
    'must be set',
    'the MySQL server under audit and its captured database, mysql://user:password@host:port/database; only read (secret)',
  ],
  [
    'reconciler',
    '`CONNECT_URL`',
    'URL',
    'none',
    "Kafka Connect's REST API: what the connector has read tells what is lost from what is on its way, its server id whether another shows the same",
  ],
  [
    'reconciler',
    '`LOOK_S`',
    'number from 0.1',
    '`60`',
    'seconds between two looks at the source: its settings, what it executed, and what of it landed',
  ],
  [
    'reconciler',
    '`RECONCILE_AT`',
    'text',
    '`02:30`',
    'time of day, HH:MM in UTC, at which the rows of the source are compared with the log, or `off`; what was missed is made up for at the next start',
  ],
  [
    'witness',
    '`WITNESS_NAME`',
    'text',
    'must be set',
    'the name that cosignatures stand under, such as `witness.example`',
  ],
  ['witness', '`WITNESS_KEY`', 'text', 'must be set', 'its Ed25519 private key in PEM (secret)'],
  [
    'witness',
    '`WITNESS_LOGS`',
    'text',
    'must be set',
    'public keys of the logs that are witnessed, each named as its log, separated by commas or spaces',
  ],
  ['witness', '`WITNESS_STATE_DIR`', 'text', 'must be set', 'folder for the newest checkpoint of each log'],
  [
    'witness',
    '`WITNESS_PORT`',
    'whole number, 0 to 65535',
    '`0`',
    'port of `POST /add-checkpoint`, 0 for any free one',
  ],
];

const TAIL = `## Of one program alone

${tableText(OWN)}
The local servers (\`npm run stack\`, \`npm run demo\`, \`npm test\`) take \`AUDIT_OVERLAY_CACHE\` (downloads; otherwise
\`$XDG_CACHE_HOME/audit-overlay\` or \`~/.cache/audit-overlay\`) and \`AUDIT_OVERLAY_RUN\` (state, data and logs; otherwise
\`/var/tmp/audit-overlay-<uid>\`). The generator takes \`MYSQL_URL\` or \`MYSQL_URL_FILE\`.
`;

process.stdout.write(page());

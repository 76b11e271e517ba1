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
value of \`NAME\`; setting both is a mistake, and so is a file with a secret that everyone can read. A program that is told something wrong reports every mistake in one message on stderr and
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
];

const TAIL = `## Of one program alone

${tableText(OWN)}
The local servers (\`npm run stack\`, \`npm run demo\`, \`npm test\`) take \`AUDIT_OVERLAY_CACHE\` (downloads; otherwise
\`$XDG_CACHE_HOME/audit-overlay\` or \`~/.cache/audit-overlay\`) and \`AUDIT_OVERLAY_RUN\` (state, data and logs; otherwise
\`/var/tmp/audit-overlay-<uid>\`). The generator takes \`MYSQL_URL\` or \`MYSQL_URL_FILE\`.
`;

process.stdout.write(page());

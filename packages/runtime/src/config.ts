import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { messageOf } from './trouble.ts';

/** The exit code of a program whose configuration is wrong (EX_CONFIG of sysexits.h). */
export const EXIT_CONFIG = 78;

/** What a program was told is wrong, beyond single settings: a pack that does not fit, a file that is not there. Ends it with 78. */
export class Misconfigured extends Error {
  override readonly name = 'Misconfigured';

  constructor(mistakes: readonly string[]) {
    super(mistakes.map((mistake) => `  ${mistake}`).join('\n'));
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A setting whose value is hidden when the configuration is printed. */
export const secret = (): z.ZodString => z.string().min(1).meta({ secret: true });

/** `a,b` → `['a', 'b']`; at least one name. */
export const names = () =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    )
    .pipe(
      z
        .array(z.string().regex(/^[a-z0-9][a-z0-9_-]*$/i, 'holds a name with other than letters, digits, - and _'))
        .min(1),
    );

/** What every program of ours can be told. */
export const runtimeConfig = {
  HTTP_HOST: z.string().default('127.0.0.1').describe('address of /healthz, /readyz and /metrics'),
  HTTP_PORT: z.coerce.number().int().min(0).max(65535).default(0).describe('port of the same, 0 for any free one'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('least severe level that is logged'),
  NODE_ENV: z.string().default('development').describe('`production` refuses crash points'),
  AUDIT_CRASH_AT: z
    .string()
    .optional()
    .describe('named point at which the process kills itself, `name` or `name:nth`; tests only'),
};

export type Outcome<Config> =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly mistakes: readonly string[] };

/**
 * Reads settings from an environment by a zod shape. Any setting can come from a file named by `<NAME>_FILE` instead. A secret has to, since an environment is seen by
 * whoever may look at the process and at what it starts; the file must not be readable by everyone. Unknown variables are ignored, every mistake is reported together.
 */
export function readConfig<Shape extends z.ZodRawShape>(
  shape: Shape,
  environment: Environment,
): Outcome<z.infer<z.ZodObject<Shape>>> {
  const given: Record<string, string> = {};
  const mistakes: string[] = [];
  for (const [name, type] of Object.entries(shape)) {
    const found = settingOf(name, environment, isSecret(type));
    if ('mistake' in found) mistakes.push(`${name}: ${found.mistake}`);
    else if (found.value) given[name] = found.value;
  }
  const parsed = z.object(shape).safeParse(given);
  for (const issue of parsed.error?.issues ?? []) mistakes.push(mistakeOf(issue, given));
  return parsed.success && mistakes.length === 0 ? { ok: true, config: parsed.data } : { ok: false, mistakes };
}

/** The permission bits by which a file shows itself to those who are neither its owner nor of its group. */
const READABLE_BY_ALL = 0o004;

function settingOf(
  name: string,
  environment: Environment,
  isSecret: boolean,
): { value: string | undefined } | { mistake: string } {
  const file = environment[`${name}_FILE`];
  const value = environment[name];
  if (file === undefined) return isSecret && holdsSecret(value) ? { mistake: IN_THE_OPEN(name) } : { value };
  if (value !== undefined) return { mistake: `is set both directly and by ${name}_FILE; keep one` };
  try {
    if (isSecret && (statSync(file).mode & READABLE_BY_ALL) !== 0)
      return {
        mistake: `the file that ${name}_FILE names can be read by everyone on this machine: \`chmod 600 ${file}\``,
      };
    return { value: readFileSync(file, 'utf8').trimEnd() };
  } catch (thrown) {
    return { mistake: `the file that ${name}_FILE names cannot be read (${messageOf(thrown)})` };
  }
}

const IN_THE_OPEN = (name: string): string =>
  `a secret must not stand in the environment: write it to a file that only you can read, and name that by ${name}_FILE`;

/** An address without a password gives nothing away. */
function holdsSecret(value: string | undefined): boolean {
  if (value === undefined || value === '') return false;
  return !URL.canParse(value) || new URL(value).password !== '';
}

function mistakeOf(issue: z.core.$ZodIssue, given: Readonly<Record<string, string>>): string {
  const name = String(issue.path[0] ?? 'configuration');
  return given[name] === undefined
    ? `${name}: is missing; set it, or ${name}_FILE to a file that holds it`
    : `${name}: ${issue.message}`;
}

/** The settings as lines `NAME=value`, secrets hidden, in the order of the shape. */
export function printConfig(shape: z.ZodRawShape, config: Readonly<Record<string, unknown>>): string {
  return Object.entries(shape)
    .map(([name, type]) => `${name}=${isSecret(type) && config[name] !== undefined ? '(secret)' : text(config[name])}`)
    .join('\n');
}

const isSecret = (type: unknown): boolean => type instanceof z.ZodType && unwrap(type).meta()?.secret === true;

function unwrap(type: z.ZodType): z.ZodType {
  return type instanceof z.ZodOptional || type instanceof z.ZodDefault ? unwrap(type.unwrap() as z.ZodType) : type;
}

const text = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value ?? ''));

/**
 * The configuration of a program that is starting: ends the process with 78 and every mistake on stderr when it is wrong, and serves
 * `--check-config` and `--print-config`.
 */
export function configOrExit<Shape extends z.ZodRawShape>(program: string, shape: Shape): z.infer<z.ZodObject<Shape>> {
  const outcome = readConfig(shape, process.env);
  if (!outcome.ok) {
    process.stderr.write(
      `${program}: the configuration is wrong:\n${outcome.mistakes.map((line) => `  ${line}\n`).join('')}`,
    );
    process.exit(EXIT_CONFIG);
  }
  if (process.argv.includes('--print-config')) process.stdout.write(`${printConfig(shape, outcome.config)}\n`);
  if (process.argv.includes('--print-config') || process.argv.includes('--check-config')) process.exit(0);
  return outcome.config;
}

import { type Answer, type Api, apiConfig, NotRecorded, openApi, type Refusal } from '@overlay/api';
import type { Caller } from '@overlay/model';
import { Misconfigured, messageOf, readConfig, Trouble, type TroubleCode, VERSION } from '@overlay/runtime';
import { EXIT } from './exits.ts';
import { clean, type Io, jsonText, makePaint, type Paint } from './io.ts';

/** Options that every command has. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly databaseUrlFile?: string;
  /** Who asks, where it is not the user of this machine. */
  readonly by?: string;
}

/** What a command does with the API: the value to show, how it looks to people, and the exit code when it is shown. */
export interface Shown<Value> {
  readonly answer: Answer<Value>;
  readonly lines: (value: Value, paint: Paint) => readonly string[];
  /** Talk beside the data. */
  readonly note?: (value: Value) => string | undefined;
  readonly exit?: (value: Value) => number;
}

/** Something that cannot be done, in the form of the error envelope. */
interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly exit: number;
}

/** Opens the API, asks, prints, closes; returns the exit code. Nothing is thrown: every failure is told with its cause and the next step. */
export async function show<Value>(
  io: Io,
  options: GlobalOptions,
  ask: (api: Api) => Promise<Shown<Value>>,
): Promise<number> {
  const config = readConfig(apiConfig, environmentOf(io, options));
  if (!config.ok) return fail(io, options, misconfigured(config.mistakes));
  try {
    const { api, close } = await openApi(config.config, callerOf(io, options));
    try {
      return print(io, options, await ask(api));
    } finally {
      await close();
    }
  } catch (thrown) {
    return fail(io, options, failureOf(thrown));
  }
}

/** The same for what needs no database. */
export async function showAlone<Value>(
  io: Io,
  options: GlobalOptions,
  ask: () => Promise<Shown<Value>>,
): Promise<number> {
  try {
    return print(io, options, await ask());
  } catch (thrown) {
    return fail(io, options, failureOf(thrown));
  }
}

const callerOf = ({ userName }: Io, { by = userName }: GlobalOptions): Caller => ({
  kind: 'person',
  name: by,
  program: 'auditctl',
  version: VERSION,
});

function environmentOf({ env }: Io, { databaseUrlFile }: GlobalOptions): Io['env'] {
  if (databaseUrlFile === undefined) return env;
  const { DATABASE_URL: _, ...rest } = env;
  return { ...rest, DATABASE_URL_FILE: databaseUrlFile };
}

function print<Value>(io: Io, options: GlobalOptions, { answer, lines, note, exit }: Shown<Value>): number {
  if (!answer.ok) return fail(io, options, refused(answer.refusal));
  const { value } = answer;
  if (options.json) io.out(jsonText(value));
  else io.out(`${lines(value, makePaint(io)).join('\n')}\n`);
  const talk = options.json ? undefined : note?.(value);
  if (talk !== undefined) io.err(`${talk}\n`);
  return exit?.(value) ?? EXIT.ok;
}

/** `error: …` and what to do, for people on stderr; for programs the envelope on stdout, where they read. */
function fail(io: Io, options: GlobalOptions, { code, message, hint, exit }: Failure): number {
  if (options.json) io.out(jsonText({ error: { code, message, hint } }));
  io.err(`error: ${clean(message)}\n${hint === '' ? '' : `  ${clean(hint)}\n`}`);
  return exit;
}

const REFUSAL_EXITS: Readonly<Record<Refusal['code'], number>> = {
  invalid: EXIT.usage,
  ambiguous: EXIT.usage,
  not_found: EXIT.notFound,
  conflict: EXIT.error,
};

const refused = ({ code, message, hint }: Refusal): Failure => ({ code, message, hint, exit: REFUSAL_EXITS[code] });

const misconfigured = (mistakes: readonly string[]): Failure => ({
  code: 'config',
  message: `the configuration is wrong: ${mistakes.join('; ')}`,
  hint: 'set DATABASE_URL=postgres://user:password@host:port/database, or name a file that holds it with --database-url-file',
  exit: EXIT.usage,
});

export const NEXT_STEPS: Readonly<Partial<Record<TroubleCode, string>>> = {
  'postgres.unreachable':
    'is Postgres running, and does DATABASE_URL name its host and port? `npm run stack -- status` shows the local stack',
  'postgres.not_migrated': 'run `npm run migrate` with the DATABASE_URL of the owner first',
  'keys.unreachable': 'is the Postgres of KEYS_URL running, and was it migrated (`npm run migrate` with KEYS_URL)?',
  'keys.other_master': 'MASTER_KEY_FILE must hold every master key that is in use, one a line',
};

function failureOf(thrown: unknown): Failure {
  if (thrown instanceof NotRecorded) {
    const { hint, ...failure } = failureOf(thrown.cause);
    return { ...failure, message: thrown.message, hint: hint || NOT_RECORDED };
  }
  const state = stateOf(thrown);
  if (/^(28...|42501)$/.test(state)) {
    const hint =
      'check user and password in DATABASE_URL (and KEYS_URL): audit_reader may ask, audit_opener open what is sealed, audit_officer erase and hold';
    return { code: 'auth', message: `Postgres refuses: ${messageOf(causeOf(thrown))}`, hint, exit: EXIT.auth };
  }
  if (state === '3D000') {
    const hint = 'check the name of the database in DATABASE_URL';
    return { code: 'postgres.no_database', message: messageOf(causeOf(thrown)), hint, exit: EXIT.upstreamDown };
  }
  if (thrown instanceof Trouble) {
    const hint = NEXT_STEPS[thrown.code] ?? 'try again once it answers; `auditctl status` shows what is down';
    return { code: thrown.code, message: thrown.message, hint, exit: EXIT.upstreamDown };
  }
  if (thrown instanceof Misconfigured) {
    const hint = 'mend what is named above; PACK_DIR names the folder of the pack';
    return { code: 'config', message: `the configuration is wrong:\n${thrown.message}`, hint, exit: EXIT.usage };
  }
  return {
    code: 'error',
    message: thrown instanceof Error ? thrown.message : String(thrown),
    hint: '',
    exit: EXIT.error,
  };
}

const NOT_RECORDED = 'what is not on record is not answered; mend the database, or the file of SELF_AUDIT_FILE';

const causeOf = (thrown: unknown): unknown => (thrown instanceof Trouble ? (thrown.cause ?? thrown) : thrown);

/** The SQLSTATE behind a failure, where there is one. */
function stateOf(thrown: unknown): string {
  const cause = causeOf(thrown);
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

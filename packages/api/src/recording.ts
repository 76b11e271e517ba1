import type { Act, Action } from '@overlay/model';
import { codeOf, messageOf } from '@overlay/runtime';
import type { OwnAct, RecordAct } from '@overlay/storage';
import type { Answer } from './answer.ts';

/** Something was not done, or not answered, because it cannot be put on record; or it was done, and how it went is on record nowhere. */
export class NotRecorded extends Error {
  override readonly name = 'NotRecorded';

  constructor(cause: unknown, isAsked: boolean) {
    const what = isAsked
      ? 'it stands on record as asked, and may be done, but how it went'
      : 'not done, and not answered, because it';
    super(`${what} cannot be put on record: ${messageOf(cause)}`, { cause });
  }
}

type Json = Act['arguments'][string];
/** What was asked for, as it goes on record; what is undefined is left out. */
type Asked = Readonly<Record<string, Json | undefined>>;

/** How a call stands on record. */
export interface Recorded<Args extends readonly unknown[], Value> {
  readonly action: Action;
  readonly object: string;
  readonly asked?: (...args: Args) => Asked;
  /** Who asks and why, where the call says so. */
  readonly doing?: (...args: Args) => { readonly by?: string; readonly reason?: string };
  /** How many rows or things an answer gives; undefined when it gives nothing of the record, and then it stands nowhere. */
  readonly rows: (value: Value) => number | undefined;
}

/** Puts on record that something is about to be done, with what was found out about it meanwhile. */
export type Intend = (found?: Asked) => Promise<void>;

type Call<Args extends readonly unknown[], Value> = (...args: Args) => Promise<Answer<Value>>;
/** Makes of a call one that answers only once it stands on record; `Before` is what the call is given before its own arguments. */
type Watch<Before extends readonly unknown[]> = <Args extends readonly unknown[], Value>(
  recorded: Recorded<Args, Value>,
  call: Call<[...Before, ...Args], Value>,
) => Call<Args, Value>;

interface Recording {
  /** A question: its answer is given once it is on record. */
  readonly question: Watch<[]>;
  /** Something that is done: it is on record before and after. */
  readonly act: Watch<[]>;
  /** The same, where the call itself puts it on record once it has found out what it is about. */
  readonly intended: Watch<[intend: Intend]>;
}

/** Makes what every call of the API goes through, so that none is answered that is not on record. */
export function makeRecording(recordAct: RecordAct): Recording {
  const record: RecordAct = (act) =>
    recordAct(act).catch((thrown: unknown) => {
      throw new NotRecorded(thrown, act.asked !== undefined);
    });
  const intended: Recording['intended'] =
    (recorded, call) =>
    async (...args) => {
      const { action, object } = recorded;
      const act = { action, object, ...recorded.doing?.(...args) };
      const given = recorded.asked?.(...args);
      let asked: number | undefined;
      const end = (outcome: OwnAct['outcome'], more: Pick<OwnAct, 'rows' | 'code'>): Promise<number> =>
        record({
          ...act,
          arguments: asked === undefined ? known(given) : {},
          outcome,
          ...more,
          ...(asked !== undefined && { asked }),
        });
      const intend: Intend = async (found) => {
        asked = await record({ ...act, arguments: known({ ...given, ...found }), outcome: 'asked' });
      };
      const answered = await call(intend, ...args).catch(async (thrown: unknown) => {
        const ending =
          thrown instanceof NotRecorded
            ? end('refused', { code: 'not_recorded' })
            : end('failed', { code: codeOf(thrown) });
        await ending.catch(() => {}); // what went wrong is told in any case
        throw thrown;
      });
      if (!answered.ok) await end('refused', { code: answered.refusal.code });
      else {
        const rows = recorded.rows(answered.value);
        if (rows !== undefined) await end('ok', { rows });
      }
      return answered;
    };
  return {
    intended,
    question: (recorded, call) => intended(recorded, (_, ...args) => call(...args)),
    act: (recorded, call) =>
      intended(recorded, async (intend, ...args) => {
        await intend();
        return call(...args);
      }),
  };
}

const known = (asked: Asked = {}): Act['arguments'] =>
  Object.fromEntries(Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

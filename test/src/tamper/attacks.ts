import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SELF_AUDIT } from '@overlay/model';
import type { Database } from '@overlay/storage';
import { recomputeActs, recomputeAll, signAs, storeNote } from './forger.ts';

/** What an attacker has: all rights on the database. The key of the notary only where it says so. */
interface Loot {
  readonly database: Database;
  readonly notaryKeyFile: string;
  readonly origin: string;
}

export interface Attack {
  readonly name: string;
  /** The log that is attacked. Default: that of the source. */
  readonly log?: string;
  /** Undefined for the one that puts an old copy of the database in its place. */
  readonly strike?: (loot: Loot) => Promise<unknown>;
  /** What the verifier has to say, with keys, anchors and definitions from outside, and the notary, which reads all tiles again. */
  readonly seenBy: { readonly verify: RegExp; readonly notary?: RegExp };
}

/** Sequence 421 has two rows, as 425; 450 to 460 lie in the middle; 900 are there. */
const PLACE = 421;
const at = (pattern: string): RegExp => new RegExp(pattern);
const both = (pattern: string) => ({ verify: at(pattern), notary: at(pattern) });

const edit = "update audit.change_events set body = replace(body::text, '.50', '.51')::json";
const makeKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

export const attacks: readonly Attack[] = [
  {
    name: 'one value is edited',
    strike: ({ database }) => database.query(`${edit} where sequence = ${PLACE} and ordinal = 1`),
    seenBy: both(`"first":${PLACE},"last":${PLACE}`),
  },
  {
    name: 'two rows are swapped',
    strike: ({ database }) =>
      database.query(`update audit.change_events e set body = o.body from audit.change_events o
        where e.ordinal = 1 and o.ordinal = 1 and (e.sequence, o.sequence) in ((${PLACE}, ${PLACE + 4}), (${PLACE + 4}, ${PLACE}))`),
    seenBy: both(`"first":${PLACE},"last":${PLACE},.*"first":${PLACE + 4}`),
  },
  {
    name: 'eleven sequences in the middle are deleted',
    async strike({ database }) {
      await database.query('delete from audit.transactions where sequence between 450 and 460');
      await database.query('delete from audit.change_events where sequence between 450 and 460');
    },
    seenBy: both('"first":450,"last":460,"what":"missing'),
  },
  {
    name: 'a forged row is inserted',
    strike: ({ database }) =>
      database.query(
        `insert into audit.change_events select * from audit.change_events where sequence = ${PLACE} and ordinal = 1`,
      ),
    seenBy: both(`"first":${PLACE},"last":${PLACE},"what":"\\d+ events are there`),
  },
  {
    name: 'a value is edited, and leaves, tiles and head are made to fit',
    async strike({ database }) {
      await database.query(`${edit} where sequence = ${PLACE}`);
      await recomputeAll(database);
    },
    // Between the checkpoints of 400 and 500; the notary remembers tiles of 256.
    seenBy: {
      verify: at('"first":401,"last":500,"what":"not what was signed'),
      notary: at('"first":257,"last":512,"what":"not what the notary signed'),
    },
  },
  {
    name: 'the tail is cut',
    async strike({ database }) {
      await database.query('delete from audit.transactions where sequence > 890');
      await database.query('delete from audit.change_events where sequence > 890');
    },
    seenBy: both('"first":891,"last":900,"what":"missing'),
  },
  {
    name: 'the tail is cut, and head and checkpoints are rolled back',
    async strike({ database }) {
      await database.query('delete from audit.transactions where sequence > 890');
      await database.query('delete from audit.change_events where sequence > 890');
      await database.query('delete from audit.checkpoints where size > 890');
      await recomputeAll(database);
    },
    seenBy: both('"first":891,"last":900,"what":"missing'),
  },
  {
    name: "last night's backup is restored",
    seenBy: both('"first":501,"last":900,"what":"missing'),
  },
  {
    name: 'a partition is dropped',
    async strike({ database }) {
      const [week] = await database.query<{ name: string }>(
        `select tableoid::regclass::text as name from audit.change_events where sequence = ${PLACE} limit 1`,
      );
      await database.query(`drop table ${week?.name}`);
      await database.query(`drop table ${week?.name.replace('change_events', 'transactions')}`);
    },
    seenBy: both('"first":3\\d\\d,"last":5\\d\\d,"what":"missing'),
  },
  {
    name: 'a view is edited',
    async strike({ database }) {
      const [view] = await database.query<{ definition: string }>(
        "select pg_get_viewdef('analyst.change_events'::regclass) as definition",
      );
      const text = view?.definition.replace(/;\s*$/, '');
      await database.query(
        `create or replace view analyst.change_events as ${text} where change_events.sequence <> ${PLACE}`,
      );
    },
    seenBy: { verify: at('view analyst.change_events was changed') },
  },
  {
    name: 'a token is replaced by another',
    strike: ({ database }) =>
      database.query(
        `update audit.change_events set body = regexp_replace(body::text, 'tok_[0-9a-f]+', 'tok_00000000')::json where sequence = ${PLACE}`,
      ),
    seenBy: both(`"first":${PLACE},"last":${PLACE}`),
  },
  {
    name: 'an old checkpoint is put in the place of the newest',
    strike: ({ database }) =>
      database.query(
        'insert into audit.checkpoints (source, size, note) select source, size, note from audit.checkpoints order by checkpoint_id limit 1',
      ),
    seenBy: { verify: at('checkpoint \\d+ of the database is of \\d+ leaves, one before it of 900') },
  },
  {
    name: 'a checkpoint is forged without the key',
    async strike({ database, origin }) {
      await database.query(`${edit} where sequence = ${PLACE}`);
      const log = await recomputeAll(database);
      await storeNote(database, log.range.size, signAs(makeKey(), origin, log));
    },
    seenBy: {
      verify: at('checkpoint \\d+ of the database has no good signature'),
      notary: at('"first":257,"last":512'),
    },
  },
  {
    name: 'everything is forged with the stolen key of the notary',
    async strike({ database, origin, notaryKeyFile }) {
      await database.query(`${edit} where sequence = ${PLACE}`);
      const log = await recomputeAll(database);
      await database.query('delete from audit.checkpoints');
      await storeNote(database, log.range.size, signAs(readFileSync(notaryKeyFile, 'utf8'), origin, log));
    },
    // The anchors have what was signed before, and no witness signs another history.
    seenBy: { verify: at('"first":401,"last":500,"what":"not what was signed'), notary: at('"first":257,"last":512') },
  },
  {
    name: 'an act of the self-audit is laid to somebody else',
    log: SELF_AUDIT,
    strike: ({ database }) => database.query("update audit.self_audit set login = 'somebody' where sequence = 2"),
    seenBy: both('"source":"self-audit","first":2,"last":2,"what":"not what was logged'),
  },
  {
    name: 'an act of the self-audit is deleted',
    log: SELF_AUDIT,
    strike: ({ database }) => database.query('delete from audit.self_audit where sequence = 2'),
    seenBy: both('"source":"self-audit","first":2,"last":2,"what":"missing'),
  },
  {
    name: 'an act of the self-audit is taken out, those after it move up, and leaves and head are made to fit',
    log: SELF_AUDIT,
    async strike({ database }) {
      await database.query('delete from audit.self_audit where sequence = 2');
      await database.query('update audit.self_audit set sequence = sequence - 1 where sequence > 2');
      await recomputeActs(database);
    },
    seenBy: {
      verify: at('"source":"self-audit","first":\\d,"last":\\d,"what":"not what was signed'),
      notary: at('"source":"self-audit","first":1,"last":\\d,"what":"not what the notary signed'),
    },
  },
  {
    name: 'the self-audit is truncated',
    log: SELF_AUDIT,
    strike: ({ database }) => database.query('truncate audit.self_audit'),
    seenBy: both('"source":"self-audit","first":1,"last":\\d,"what":"missing'),
  },
  {
    name: 'the self-audit is truncated, with its head and its checkpoints',
    log: SELF_AUDIT,
    async strike({ database }) {
      await database.query('truncate audit.self_audit');
      await database.query("delete from audit.checkpoints where source = 'self-audit'");
      await recomputeActs(database);
    },
    // What verifies is the first act of the log that begins there.
    seenBy: both('"source":"self-audit","first":\\d,"last":\\d,"what":"missing: the log was cut'),
  },
];

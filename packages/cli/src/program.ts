import { Command, CommanderError, InvalidArgumentError } from 'commander';
import {
  decideGap,
  listActs,
  listAnomalies,
  listGaps,
  listPacks,
  listUnexplained,
  rebuildEvents,
  replayRules,
  showStatus,
  showSummary,
  showTrace,
  testRulesOf,
  writeDbt,
} from './commands.ts';
import { showCoverage } from './coverage.ts';
import { proveEvent, showDefinitions, verifyLogs, verifyProof, writeEvidencePack } from './evidence.ts';
import { EXIT } from './exits.ts';
import type { Io } from './io.ts';
import { activatePack, listDeadLetters, listRequests, repair, republish, showDeadLetters } from './letters.ts';
import { reconcileSource } from './reconcile.ts';
import { showAsOf, showHistory, showUndo } from './rows.ts';
import { addHold, endHold, erase, listHolds, openValue, rotateKeys } from './sealed.ts';

const HELP = `
Environment (flags come before it):
  DATABASE_URL, DATABASE_URL_FILE   the audit database (a role with the rights of audit_reader)
  PACK_DIR                          folder of the pack; its time zone is that of today and yesterday
  CONNECT_URL                       Kafka Connect's REST API, for status
  STAGE_URLS                        health endpoints of the stages, for status: normalizer=http://host:port,...
  DEAD_LETTER_KEY, ..._FILE         the key of dead letters, to show their bytes and to hand in corrected ones
  KEYS_URL, KEYS_URL_FILE           the database of keys, for the bytes of dead letters, --names, open, erase, hold and keys
  MASTER_KEY, MASTER_KEY_FILE       the master keys, for --names, open, erase, hold and keys
  EVIDENCE_KEYS_FILE                public keys of the notary, for verify and verify-proof
  ANCHOR_FILE                       checkpoints that were kept outside the database, for verify
  DEFINITIONS_FILE                  what auditctl definitions printed, for verify
  SELF_AUDIT_FILE                   a copy of what goes on record of these questions
  NO_COLOR                          no colour; into a pipe there is none anyway

Exit codes:
  0 ok   1 error   2 usage   3 not found   4 not allowed   5 a server is down   6 findings (status)

Examples:
  auditctl summary --date yesterday
  auditctl anomalies --since 24h --severity high
  auditctl trace order:123
  auditctl status --json
`;

/** Runs one command line; returns the exit code. */
export async function runAuditctl(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = makeProgram(io, async (code) => {
    exitCode = await code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}

/** Every command; `done` is given its exit code. */
export function makeProgram(io: Io, done: (code: Promise<number>) => Promise<void>): Command {
  const program = new Command('auditctl')
    .description(
      'Asks the audit record: what a day held, what was strange, where it came from, and whether all is well.',
    )
    .option('--json', 'print JSON in a documented, stable shape')
    .option('--database-url-file <file>', 'file that holds the address of the audit database')
    .option('--by <name>', 'who asks; else the user of this machine. It stays on record, as everything that is asked')
    .addHelpText('after', HELP)
    .showHelpAfterError('(auditctl --help shows what there is)')
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err });
  const command = (usage: string, description: string, parent = program): Command =>
    parent
      .command(usage)
      .description(description)
      .exitOverride()
      .configureOutput({ writeOut: io.out, writeErr: io.err });

  inClear(command('summary', 'print what a day held, in words and numbers'))
    .option('--date <day>', 'today, yesterday or YYYY-MM-DD', 'today')
    .option('--source <name>', 'the source; needed only when there are several')
    .action((_, self: Command) => done(showSummary(io, self.optsWithGlobals())));
  inClear(command('anomalies', 'list what was strange, the most severe first'))
    .option('--date <day>', 'of one day: today, yesterday or YYYY-MM-DD')
    .option('--since <when>', 'since a day, or back from now: 30m, 12h, 7d')
    .option('--severity <least>', 'low, medium, high or critical: it and all above')
    .option('--source <name>', 'of one source')
    .option('--limit <count>', 'how many to list', wholeNumber, 20)
    .action((_, self: Command) => done(listAnomalies(io, self.optsWithGlobals())));
  command('unexplained', 'show how much of each table no rule explains, and the newest of it')
    .option('--from <day>', 'the first day: today, yesterday or YYYY-MM-DD')
    .option('--to <day>', 'the last day')
    .option('--table <name>', 'of one table')
    .option('--source <name>', 'of one source')
    .option('--limit <count>', 'how many of the newest to list', wholeNumber, 20)
    .action((_, self: Command) => done(listUnexplained(io, self.optsWithGlobals())));
  inClear(command('trace <id>', 'follow an id down to the rows of the source and the place in its binary log'))
    .addHelpText(
      'after',
      '\nAn id is that of an anomaly, a business event or a change event (8 characters are enough),\na transaction id (GTID), or an entity as type:id, such as order:123.',
    )
    .action((id: string, _, self: Command) => done(showTrace(io, self.optsWithGlobals(), id)));
  command('status', 'show how every stage and server stands; exit 6 when something needs a person').action(
    (_, self: Command) => done(showStatus(io, self.optsWithGlobals())),
  );

  const parts = [
    addGapCommands,
    addRowCommands,
    addRuleCommands,
    addPackCommands,
    addLetterCommands,
    addSealedCommands,
    addReconcileCommand,
    addEvidenceCommands,
  ];
  for (const addCommands of parts) addCommands(command, io, done);
  return program;
}

/** A command whose answer may hold tokens of sealed values. */
const inClear = (made: Command): Command =>
  made
    .option('--names', 'with sealed values in clear: takes the role audit_opener, and stays on record')
    .option('--reason <text>', 'why, with --names');

type MakeCommand = (usage: string, description: string, parent?: Command) => Command;

/** Commands about what the log lacks. */
function addGapCommands(command: MakeCommand, io: Io, done: (code: Promise<number>) => Promise<void>): void {
  command('coverage', 'tell whether anything is missing: what the source executed, and what of it is stored')
    .addHelpText('after', '\nCounts every stored row of the stretch. Exit code 6 unless it is complete.')
    .option('--from <place>', 'a time with its zone, a day (its beginning), a GTID or a sequence; else the beginning')
    .option('--to <place>', 'the same; else the end')
    .option('--source <name>', 'the source; needed only when there are several')
    .action((_, self: Command) => done(showCoverage(io, self.optsWithGlobals())));
  const gaps = command('gaps', 'list the gaps on record').action((_, self: Command) =>
    done(listGaps(io, self.optsWithGlobals())),
  );
  command(
    'decide <id> <decision>',
    'decide on a gap, for ever: accept goes on without, retry tries again',
    gaps,
  ).action((id: string, decision: string, _, self: Command) =>
    done(decideGap(io, self.optsWithGlobals(), id, decision)),
  );
}

/** Commands about single rows. */
function addRowCommands(command: MakeCommand, io: Io, done: (code: Promise<number>) => Promise<void>): void {
  const SOURCE = ['--source <name>', 'the source; needed only when several have the table'] as const;
  const KEY = '\nA key is its value (7), column=value for each of its columns (shop_id=3,product_id=55), or JSON.';
  inClear(command('history <table> <key>', 'show what happened to a row: who, what, when, in which transaction'))
    .addHelpText('after', KEY)
    .option(...SOURCE)
    .action((table: string, key: string, _, self: Command) =>
      done(showHistory(io, { ...self.optsWithGlobals(), table, key })),
    );
  inClear(command('as-of <table> [key]', 'show the rows of a table, or one, as whole transactions had left them'))
    .addHelpText('after', KEY)
    .requiredOption('--at <place>', 'a time with its zone, a day (its beginning), a GTID or a sequence')
    .option(...SOURCE)
    .option('--limit <count>', 'how many rows to show', wholeNumber, 100)
    .action((table: string, key: string | undefined, _, self: Command) =>
      done(showAsOf(io, { ...self.optsWithGlobals(), table, key })),
    );
  command('undo <transaction-or-event>', 'print SQL that takes a transaction or one change back; runs nothing')
    .addHelpText('after', '\nExit code 6 when something cannot be given back, or the same rows were changed later.')
    .action((id: string, _, self: Command) => done(showUndo(io, self.optsWithGlobals(), id)));
}

/** Commands about the rules of packs. */
function addRuleCommands(command: MakeCommand, io: Io, done: (code: Promise<number>) => Promise<void>): void {
  const rules = command('rules', 'the rules of a pack');
  command(
    'test <pack-dir>',
    'apply a pack to its own examples; exit 1 when something differs, or a rule has no example',
    rules,
  )
    .addHelpText('after', '\nNeeds no database. Examples stand in the folder `examples` of the pack.')
    .action((directory: string, _, self: Command) => done(testRulesOf(io, self.optsWithGlobals(), directory)));
  addReplayCommands(rules, command, io, done);
}

/** Commands that apply a pack to what stands in the log. */
function addReplayCommands(
  rules: Command,
  command: MakeCommand,
  io: Io,
  done: (code: Promise<number>) => Promise<void>,
) {
  const overLog = (usage: string, description: string): Command =>
    command(usage, description, rules)
      .option('--from <start>', 'the first sequence or day; else from the beginning')
      .option('--to <end>', 'the last sequence or day, included; else up to the end')
      .option('--source <name>', 'the source; needed only when there are several')
      .option('--limit <count>', 'how many differences of each kind and type to list', wholeNumber, 5);
  overLog(
    'replay <pack-dir>',
    'show what a pack would add, remove and change in a stretch of the log; changes nothing',
  ).action((directory: string, _, self: Command) => done(replayRules(io, self.optsWithGlobals(), directory)));
  overLog(
    'rebuild <pack-dir>',
    'make the events of a stretch by this pack the ones that hold; the log and what landed stay',
  )
    .option('--despite-faults', 'also where rules cannot be evaluated, whose events will be missing')
    .action((directory: string, _, self: Command) => done(rebuildEvents(io, self.optsWithGlobals(), directory)));
}

/** Commands about which pack a source is read by. */
function addPackCommands(command: MakeCommand, io: Io, done: (code: Promise<number>) => Promise<void>): void {
  const packs = command('packs', 'list which version of which pack is in force from which sequence on').action(
    (_, self: Command) => done(listPacks(io, self.optsWithGlobals())),
  );
  asking(command('activate <pack-dir>', 'read a source by this version of a pack, from the next sequence on', packs))
    .option('--source <name>', 'the source; needed only when there are several')
    .action((directory: string, _, self: Command) => done(activatePack(io, self.optsWithGlobals(), directory)));
  command('dbt <pack-dir> <folder>', "write a dbt source package over the pack's views for analysts", packs)
    .addHelpText('after', '\nNeeds no database. Run it again when the pack has changed.')
    .action((directory: string, folder: string, _, self: Command) =>
      done(writeDbt(io, self.optsWithGlobals(), directory, folder)),
    );
}

/** Commands about dead letters, and those that ask something of a running stage. */
function addLetterCommands(command: MakeCommand, io: Io, done: (code: Promise<number>) => Promise<void>): void {
  const letters = command('dead-letters', 'records that could not be read, and what is set aside with them');
  command('list', 'list them by what they belong to, the newest first', letters)
    .option('--source <name>', 'of one source')
    .option('--stage <name>', 'of one stage')
    .option('--sequence <number>', 'of one sequence', wholeNumber)
    .option('--code <code>', 'with this code')
    .option('--since <when>', 'found since a day, or back from now: 30m, 12h, 7d')
    .option('--state <state>', 'open, repaired or all', 'open')
    .option('--limit <count>', 'how many to list', wholeNumber, 50)
    .action((_, self: Command) => done(listDeadLetters(io, self.optsWithGlobals())));
  command('show <sequence-or-id>', 'show the records of a sequence, or one by its id, with their bytes', letters)
    .option('--source <name>', 'the source; needed only when several have dead letters of the sequence')
    .option('--limit <count>', 'how many records to show', wholeNumber, 100)
    .option('--values', 'print the values alone, all of them, a line each: to correct and hand in with repair')
    .action((id: string, _, self: Command) => done(showDeadLetters(io, self.optsWithGlobals(), id)));
  asking(
    command(
      'repair <source> <sequence>',
      'read again what is set aside under a sequence, and append its repair',
      letters,
    ),
  )
    .option('--file <file>', 'corrected raw records, one in each line, which stand in for all that were kept')
    .action((source: string, sequence: string, _, self: Command) =>
      done(repair(io, self.optsWithGlobals(), source, wholeNumber(sequence))),
    );
  asking(command('republish <stage> <source>', 'make a stage publish everything from a sequence on once more'))
    .requiredOption('--from <sequence>', 'the first sequence', wholeNumber)
    .action((stage: string, source: string, _, self: Command) =>
      done(republish(io, self.optsWithGlobals(), stage, source)),
    );
  command('requests', 'list what people asked of stages, and the answers').action((_, self: Command) =>
    done(listRequests(io, self.optsWithGlobals())),
  );
}

/** Commands about what is sealed. */
function addSealedCommands(command: MakeCommand, io: Io, done: (code: Promise<number>) => Promise<void>): void {
  const why = (made: Command, reason = 'why; it stays on record'): Command =>
    made.requiredOption('--reason <text>', reason);
  const ofSubject = (made: Command): Command =>
    why(made)
      .requiredOption('--subject <table:key>', 'whose values, by the key of the table in the pack')
      .option('--source <name>', 'the source; needed only when there are several');
  why(command('open <event>', 'open a sealed column of a change event; that you did stays on record'))
    .requiredOption('--column <name>', 'the column')
    .action((event: string, _, self: Command) => done(openValue(io, self.optsWithGlobals(), event)));
  ofSubject(
    command('erase', 'destroy the key of a subject, for ever: nothing that was sealed of it can be opened any more'),
  ).action((_, self: Command) => done(erase(io, self.optsWithGlobals())));
  const hold = command('hold', 'subjects that must not be erased');
  ofSubject(command('add', 'hold a subject: it cannot be erased until it is released', hold)).action(
    (_, self: Command) => done(addHold(io, self.optsWithGlobals())),
  );
  command('list', 'list the holds, those in force first', hold).action((_, self: Command) =>
    done(listHolds(io, self.optsWithGlobals())),
  );
  why(command('release <id>', 'end a hold', hold)).action((id: string, _, self: Command) =>
    done(endHold(io, self.optsWithGlobals(), id)),
  );
  const keys = command('keys', 'the keys of sealed values');
  why(
    command('rotate', 'wrap every key by the first master key of the file; what is sealed stays as it is', keys),
  ).action((_, self: Command) => done(rotateKeys(io, self.optsWithGlobals())));
}

/** What looks at the live source. */
function addReconcileCommand(command: MakeCommand, io: Io, done: (code: Promise<number>) => Promise<void>): void {
  command('reconcile', 'compare the live source with the log folded to its state; exit 6 when they differ')
    .addHelpText(
      'after',
      '\nThe source is the one that SOURCE_URL_FILE names. It is held still for milliseconds, where the right RELOAD allows it, and only read.',
    )
    .option('--table <name>', 'one table, as table or database.table')
    .option('--source <name>', 'the source; needed only when there are several')
    .option('--wait <seconds>', 'how long the log may take to come to the state of the source', wholeNumber, 60)
    .action((_, self: Command) => done(reconcileSource(io, self.optsWithGlobals())));
}

/** Commands about the evidence log. */
function addEvidenceCommands(command: MakeCommand, io: Io, done: (code: Promise<number>) => Promise<void>): void {
  const KEYS = ['--keys <file>', 'public keys of the notary and of witnesses, from outside the database'] as const;
  command(
    'verify',
    'recompute the evidence logs from the stored rows and compare them with what was signed; exit 6 when they differ',
  )
    .option('--from <file>', 'a signed checkpoint that is believed: only what came after it is recomputed')
    .option(...KEYS)
    .option('--anchors <file...>', 'checkpoints that were kept outside the database')
    .option('--definitions <file>', 'what `definitions` printed when all was well')
    .option('--source <name>', 'of one source')
    .action((_, self: Command) => done(verifyLogs(io, self.optsWithGlobals())));
  command('proof <event>', 'prove that a change event is in the log that was signed')
    .option('--out <file>', 'where the proof is written; else it is printed')
    .action((id: string, _, self: Command) => done(proveEvent(io, self.optsWithGlobals(), id)));
  command('verify-proof <file-or-folder>', 'check a proof or an evidence pack; needs no database')
    .option(...KEYS)
    .action((path: string, _, self: Command) => done(verifyProof(io, self.optsWithGlobals(), path)));
  command('evidence-pack <folder>', 'write a stretch of the log with its proofs, to be given away')
    .option('--from <start>', 'the first sequence or day; else from the beginning')
    .option('--to <end>', 'the last sequence or day, included; else up to the end')
    .option('--source <name>', 'the source; needed only when there are several')
    .action((folder: string, _, self: Command) => done(writeEvidencePack(io, self.optsWithGlobals(), folder)));
  command('self-audit', 'list who asked what of the record, and who did what with it; that you did stays on record too')
    .option('--from <day>', 'the first day: today, yesterday or YYYY-MM-DD')
    .option('--to <day>', 'the last day')
    .option('--who <name>', 'of one person, program or model, or of one database user')
    .option('--action <action>', 'of one kind: read, export, verify, open, start, ...')
    .option('--limit <count>', 'how many of the newest to list', wholeNumber, 50)
    .action((_, self: Command) => done(listActs(io, self.optsWithGlobals())));
  command('definitions', 'print the digests of views, functions, triggers and rules, to be kept for verify').action(
    (_, self: Command) => done(showDefinitions(io, self.optsWithGlobals())),
  );
}

const asking = (command: Command): Command =>
  command.option('--wait <seconds>', 'how long to wait for the answer of the stage', wholeNumber, 20);

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1.');
  return Number(text);
}

import type { Answer } from './answer.ts';
import type { Api, NamedSubject } from './api.ts';
import type { Recorded } from './recording.ts';
import type { Doing } from './sealed.ts';

/** Calls that stand on record: all but the one that looks again and again how a request stands that is on record itself. */
type RecordedCall = Exclude<keyof Api, 'timeZone' | 'request'>;

type RecordedOf<Call> = Call extends (...args: infer Args) => Promise<Answer<infer Value>>
  ? Recorded<Args, Value>
  : never;

const doingOf = ({ by, reason }: Doing): Doing => ({ by, reason });

/** Whom it is about is told by an id, once that is found: the name stays out of the record. */
const sourceOf = ({ source }: NamedSubject) => ({ source });

/** How each call stands on record. What is asked for is named by its parts, so that nothing goes on record unseen. */
export const RECORDED: { readonly [Name in RecordedCall]: RecordedOf<Api[Name]> } = {
  summary: { action: 'read', object: 'summary', asked: ({ source, date }) => ({ source, date }), rows: () => 1 },
  anomalies: {
    action: 'read',
    object: 'anomalies',
    asked: ({ source, date, since, severity, limit }) => ({ source, date, since, severity, limit }),
    rows: ({ anomalies }) => anomalies.length,
  },
  unexplained: {
    action: 'read',
    object: 'unexplained',
    asked: ({ source, table, from, to, limit }) => ({ source, table, from, to, limit }),
    rows: ({ newest }) => newest.length,
  },
  trace: {
    action: 'read',
    object: 'trace',
    asked: (id) => ({ id }),
    rows: ({ transactions }) => transactions.length,
  },
  history: {
    action: 'read',
    object: 'row_history',
    asked: ({ source, table, key }) => ({ source, table, key }),
    rows: ({ entries }) => entries.length,
  },
  asOf: {
    action: 'read',
    object: 'rows_as_of',
    asked: ({ source, table, key, at, limit }) => ({ source, table, key, at, limit }),
    rows: ({ rows }) => rows.length,
  },
  undo: { action: 'read', object: 'undo', asked: (id) => ({ id }), rows: ({ statements }) => statements.length },
  status: {
    action: 'read',
    object: 'status',
    // While the database is away there is nothing to record with, and nothing of the record in the answer.
    rows: ({ postgres, sources }) => (postgres.isUp ? sources.length : undefined),
  },
  coverage: {
    action: 'read',
    object: 'coverage',
    asked: ({ source, from, to }) => ({ source, from, to }),
    rows: ({ intervals }) => intervals.length,
  },
  gaps: { action: 'read', object: 'gaps', rows: ({ gaps }) => gaps.length },
  decideGap: {
    action: 'decide',
    object: 'gap',
    asked: (id, decision) => ({ id, decision }),
    doing: (_id, _decision, by) => ({ by }),
    rows: () => 1,
  },
  deadLetters: {
    action: 'read',
    object: 'dead_letters',
    asked: ({ stage, source, sequence, code, since, state, limit }) => ({
      stage,
      source,
      sequence,
      code,
      since,
      state,
      limit,
    }),
    rows: ({ units }) => units.length,
  },
  deadLetter: {
    action: 'open',
    object: 'dead_letter',
    asked: (id, { source, limit }) => ({ id, source, limit }),
    rows: ({ letters }) => letters.length,
  },
  repair: {
    action: 'repair',
    object: 'set_aside',
    asked: (source, sequence, _, corrected) => ({ source, sequence, isCorrected: corrected !== undefined }),
    doing: (_source, _sequence, by) => ({ by }),
    rows: () => 1,
  },
  republish: {
    action: 'republish',
    object: 'stage',
    asked: (stage, source, from) => ({ stage, source, from }),
    doing: (_stage, _source, _from, by) => ({ by }),
    rows: () => 1,
  },
  replay: {
    action: 'replay',
    object: 'rules',
    asked: (directory, { source, from, to, limit }) => ({ directory, source, from, to, limit }),
    rows: ({ differences }) => differences.length,
  },
  rebuild: {
    action: 'rebuild',
    object: 'rules',
    asked: (directory, { source, from, to, despiteFaults }) => ({ directory, source, from, to, despiteFaults }),
    doing: (_, { by }) => ({ by }),
    rows: ({ transactions }) => transactions,
  },
  packs: { action: 'read', object: 'packs', rows: ({ packs }) => packs.length },
  activatePack: {
    action: 'activate',
    object: 'pack',
    asked: ({ name, version }, source) => ({ pack: name, version, source }),
    doing: (_pack, _source, by) => ({ by }),
    rows: () => 1,
  },
  open: {
    action: 'open',
    object: 'sealed_value',
    asked: ({ eventId, column }) => ({ eventId, column }),
    doing: doingOf,
    rows: () => 1,
  },
  names: {
    action: 'open',
    object: 'sealed_value',
    asked: ({ of, tokens }) => ({ of, tokens: tokens.length }),
    doing: doingOf,
    rows: ({ values }) => Object.keys(values).length,
  },
  erase: { action: 'erase', object: 'subject', asked: sourceOf, doing: doingOf, rows: () => 1 },
  hold: { action: 'hold', object: 'subject', asked: sourceOf, doing: doingOf, rows: () => 1 },
  holds: { action: 'read', object: 'holds', rows: ({ holds }) => holds.length },
  release: {
    action: 'release',
    object: 'hold',
    asked: (holdId) => ({ holdId }),
    doing: (_, doing) => doingOf(doing),
    rows: () => 1,
  },
  rotate: { action: 'rotate', object: 'keys', doing: doingOf, rows: ({ keys }) => keys },
  requests: { action: 'read', object: 'requests', rows: ({ requests }) => requests.length },
  reconcile: {
    action: 'verify',
    object: 'source',
    asked: ({ source, table }) => ({ source, table }),
    rows: ({ tables }) => tables.reduce((sum, { differences }) => sum + differences, 0),
  },
  verify: {
    action: 'verify',
    object: 'evidence',
    asked: ({ source, since, keys, anchors, definitions }) => ({
      source,
      since: since?.split('\n').slice(0, 3).join(' '),
      keys: keys.map(({ name }) => name),
      anchors: anchors.length,
      hasDefinitions: definitions !== undefined,
    }),
    rows: ({ logs, findings }) => logs.reduce((sum, log) => sum + log.findings.length, findings.length),
  },
  prove: { action: 'export', object: 'proof', asked: (id) => ({ id }), rows: () => 1 },
  writePack: {
    action: 'export',
    object: 'evidence_pack',
    asked: (directory, { source, from, to }) => ({ directory, source, from, to }),
    rows: ({ events }) => events,
  },
  definitions: { action: 'read', object: 'definitions', rows: (definitions) => Object.keys(definitions).length },
  selfAudit: {
    action: 'read',
    object: 'self_audit',
    asked: ({ from, to, who, action, limit }) => ({ from, to, who, action, limit }),
    rows: ({ acts }) => acts.length,
  },
};

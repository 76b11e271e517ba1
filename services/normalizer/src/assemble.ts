import { type Keys, NO_KEYS, Policies } from '@overlay/canonical';
import { type Fold, type Start, skip } from '@overlay/model';
import { AskedReads } from './asked-reads.ts';
import { AskedRecords } from './asked-records.ts';
import { Definitions } from './definitions.ts';
import { KeyNeeds } from './key-needs.ts';
import { isGtid, type Out, type Outcome, poison, REPEATED_PART, stop } from './outcome.ts';
import type { RawRecord, RawRow, RawTruncate, RawUnreadable } from './raw-record.ts';
import { RepeatedRows } from './repeated-rows.ts';
import { SchemaChanges } from './schema-changes.ts';
import { SchemaRecords } from './schema-records.ts';
import { SnapshotPass } from './snapshot-pass.ts';
import { SNAPSHOT_ROWS_MAX, SnapshotRecords } from './snapshot-records.ts';
import { type Unit, Units } from './units.ts';

/**
 * Raw records → whole transactions, each with the next sequence. Repeats are told by GTID and order, never by offset; a transaction that
 * is not complete is never emitted. Sensitive columns are sealed by the policies of the pack in force, with keys that are at hand before a record is
 * decided on: `needsOf` tells which are not. What it remembers: see {@link Definitions}, {@link SchemaChanges}, {@link SnapshotPass} and {@link AskedReads}.
 */
export const makeAssemble = (keys: Keys = NO_KEYS): Fold<RawRecord, Out, unknown> => ({
  open(start) {
    const policies = new Policies(start.packs, start.landed);
    const assembler = new Assembler(start, policies, keys);
    return policies.isEmpty ? assembler.step : Object.assign(assembler.step, { needsOf: assembler.needsOf });
  },
});

class Assembler {
  readonly #start: Start<unknown>;
  readonly #units: Units;
  readonly #schema: SchemaRecords;
  readonly #snapshot: SnapshotRecords;
  readonly #asked: AskedRecords;
  readonly #needs: KeyNeeds;
  /** A transaction that landed before and comes again from its BEGIN. */
  #repeat: RepeatedRows | undefined;

  constructor(start: Start<unknown>, policies: Policies, keys: Keys) {
    this.#start = start;
    const definitions = new Definitions(start.source, start.recall, policies, keys);
    const units = new Units(start, definitions, keys);
    this.#needs = new KeyNeeds({ source: start.source, definitions, policies, keys });
    const snapshot = new SnapshotRecords(units, new SnapshotPass(start.recall));
    const changes = new SchemaChanges(start.recall);
    this.#units = units;
    this.#snapshot = snapshot;
    this.#asked = new AskedRecords(units, definitions, new AskedReads(start.recall));
    this.#schema = new SchemaRecords({ start, units, definitions, changes, snapshot });
  }

  readonly step = (record: RawRecord): Outcome => {
    if (this.#asked.isOpen && this.#isAccountedFor(record)) this.#asked.cutOff();
    const outcome = this.#units.suspicions.tell(this.#decide(record));
    if (outcome.again || !isOfTheLog(record)) return outcome;
    const ended = this.#snapshot.end();
    return ended.length === 0 ? outcome : { ...outcome, remember: [...(outcome.remember ?? []), ...ended] };
  };

  readonly needsOf = (record: RawRecord): readonly string[] => this.#needs.of(record, this.#units.sequence + 1);

  /** Whether a record is of something that landed before. */
  #isAccountedFor(record: RawRecord): boolean {
    if ('transactionId' in record) return this.#start.gtids.has(record.transactionId ?? '');
    const isAlone = record.kind === 'truncate' || record.kind === 'schema_change';
    return isAlone && this.#start.gtids.has(record.origin.gtid ?? '');
  }

  #decide(record: RawRecord): Outcome {
    switch (record.kind) {
      case 'row':
        return this.#row(record);
      case 'begin':
        return this.#begin(record.transactionId, record.timestamp);
      case 'end':
        return this.#end(record);
      case 'snapshot_row':
        return record.isAsked ? this.#asked.row(record) : this.#snapshot.row(record);
      case 'notice':
        return this.#asked.notice();
      case 'truncate':
        return this.#truncate(record);
      case 'schema_change':
        return this.#schema.change(record, this.#repeat?.id);
      case 'unreadable':
        return this.#unreadable(record);
    }
  }

  #begin(id: string, timestamp: number): Outcome {
    if (!isGtid(id))
      return stop('source.without_gtid', id, `transaction '${id}' has no GTID: set gtid_mode=ON at the source`);
    const units = this.#units;
    if (this.#start.gtids.has(id)) {
      this.#repeat = new RepeatedRows(id);
      return (units.open?.kind === 'snapshot' && units.closeOther(id)) || units.skipped('repeat');
    }
    const closed = units.closeOther(id);
    if (closed) return closed;
    if (units.open) return REPEATED_PART;
    units.open = this.#make(id, 0);
    units.open.begunAt = timestamp;
    return { ...units.part(units.open), open: id };
  }

  #make(id: string, timestamp: number, kind: Unit['kind'] = 'transaction'): Unit {
    return this.#units.make({ id, kind, timestamp, close: this.#close });
  }

  readonly #close = (unit: Unit): Outcome => {
    const out = this.#units.emission(unit);
    return { verdict: { kind: 'emit', out }, gtid: unit.id, ...this.#schema.changedIn(unit, out.sequence) };
  };

  #row(row: RawRow): Outcome {
    const id = row.transactionId;
    const units = this.#units;
    const other = units.open?.id === id ? undefined : this.#otherThan(row);
    if (other) return other;
    units.open ??= this.#make(id, row.timestamp);
    const unit = units.open;
    if (row.order <= unit.order) return REPEATED_PART;
    if (row.order > unit.order + 1 && !unit.isSetAside) {
      const why = units.whyLacking(unit);
      if (why) return poison(id, why);
      return stop('transaction.hole', id, `row ${row.order} of transaction ${id} came after row ${unit.order}`);
    }
    unit.order = row.order;
    return units.append(unit, row);
  }

  /** A row of something else than what is open: it landed before, or it ends what is. */
  #otherThan(row: RawRow): Outcome | undefined {
    const id = row.transactionId;
    if (!this.#start.gtids.has(id)) return this.#units.closeOther(id);
    if (this.#repeat?.id === id) this.#repeat.count(row);
    return this.#units.skipped('repeat');
  }

  #end({ transactionId: id, eventCount, timestamp }: Extract<RawRecord, { kind: 'end' }>): Outcome {
    if (this.#start.gtids.has(id)) return this.#endOfRepeat(id, eventCount, timestamp);
    const units = this.#units;
    const closed = units.closeOther(id);
    if (closed) return closed;
    units.open ??= this.#make(id, timestamp);
    const unit = units.open;
    unit.timestamp ||= timestamp;
    if (unit.order !== eventCount && !unit.isSetAside) {
      const why = units.whyLacking(unit);
      if (why) return poison(id, why);
      return stop(
        'transaction.hole',
        id,
        `transaction ${id} ends with ${eventCount} rows, of which ${unit.order} came`,
      );
    }
    if (unit.isSetAside) return { ...unit.close(unit), ...units.keeps(unit) };
    if (unit.order > 0 || this.#schema.hasChangedIn(unit)) return unit.close(unit);
    units.open = undefined;
    return { verdict: skip('nothing captured'), gtid: id };
  }

  #endOfRepeat(transactionId: string, eventCount: number, timestamp: number): Outcome {
    const repeat = this.#repeat;
    this.#repeat = undefined;
    return repeat?.id === transactionId && repeat.rows === eventCount
      ? this.#units.repeated(transactionId, timestamp, repeat.tables)
      : this.#units.skipped('repeat');
  }

  #truncate({ database, table, timestamp, origin }: RawTruncate): Outcome {
    const { gtid, file, position } = origin;
    const units = this.#units;
    if (gtid === null)
      return stop('source.without_gtid', `${file}:${position}`, `a TRUNCATE of ${database}.${table} has no GTID`);
    if (this.#start.gtids.has(gtid)) return units.repeated(gtid, timestamp, [{ database, table, rows: 1 }]);
    const closed = units.closeOther(gtid);
    if (closed) return closed;
    const unit = { ...this.#make(gtid, timestamp, 'truncate'), order: 1 };
    const change = { database, table, timestamp, origin, operation: 'TRUNCATE', before: null, after: null } as const;
    return units.closeWith(unit, units.append(unit, change));
  }

  /**
   * A record that cannot be read belongs to the transaction or GTID that it names, else to what is open. Outside of anything, and with no name,
   * it has no place in the order: it is a dead letter by itself.
   */
  #unreadable(record: RawUnreadable): Outcome {
    const { fault, transactionId, timestamp = 0 } = record;
    const units = this.#units;
    if (transactionId !== undefined && isGtid(transactionId)) {
      if (this.#start.gtids.has(transactionId)) return units.skipped('repeat');
      const closed = units.closeOther(transactionId);
      if (closed) return closed;
      units.open ??= this.#make(transactionId, 0);
      units.open.begunAt ||= timestamp;
    } else {
      const alone = this.#schema.unreadable(record);
      if (alone) return alone;
    }
    return units.open ? this.#unreadablePart(units.open, record) : { verdict: { kind: 'reject', fault } };
  }

  #unreadablePart(unit: Unit, { fault, order }: RawUnreadable): Outcome {
    const units = this.#units;
    if (unit.kind === 'snapshot') {
      unit.order++; // it may well be a row of the piece
      return units.closeIfFull(unit, SNAPSHOT_ROWS_MAX, units.refuse(unit, fault, 'once'));
    }
    if (order === undefined) return unit.isSetAside ? units.refuse(unit, fault, 'once') : units.doubt(unit, fault);
    if (order <= unit.order) return REPEATED_PART;
    unit.order = order;
    return units.refuse(unit, fault);
  }
}

/** Whether a record tells what happened at the source after its snapshot. */
const isOfTheLog = (record: RawRecord): boolean =>
  record.kind === 'begin' ||
  record.kind === 'row' ||
  record.kind === 'truncate' ||
  (record.kind === 'schema_change' && !record.isSnapshot);

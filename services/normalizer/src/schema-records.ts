import { type SchemaVersion, type Start, skip } from '@overlay/model';
import type { Definitions, Redefined } from './definitions.ts';
import { isGtid, type Outcome, stop } from './outcome.ts';
import type { RawSchemaChange, RawUnreadable } from './raw-record.ts';
import type { SchemaChanges } from './schema-changes.ts';
import type { SnapshotRecords } from './snapshot-records.ts';
import type { Unit, Units } from './units.ts';

const NO_CHANGE: Redefined = { remember: [], schemaVersions: [] };

interface Parts {
  readonly start: Start<unknown>;
  readonly units: Units;
  readonly definitions: Definitions;
  readonly changes: SchemaChanges;
  readonly snapshot: SnapshotRecords;
}

/** DDL, and the definitions that a snapshot tells. */
export class SchemaRecords {
  readonly #parts: Parts;
  /** What a DDL inside the open transaction changed: a table that is made from a query comes with its rows. */
  #inside: (Redefined & { readonly unit: Unit }) | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @param repeating the transaction that comes again, if one does */
  change(change: RawSchemaChange, repeating: string | undefined): Outcome {
    if (change.isSnapshot) return this.#ofSnapshot(change);
    const { start, units, changes } = this.#parts;
    const { gtid, file, position } = change.origin;
    if (gtid === null) return stop('source.without_gtid', `${file}:${position}`, 'a DDL has no GTID');
    if (units.open?.id === gtid) return this.#insideOf(units.open, change);
    if (repeating === gtid) return units.skipped('repeat');
    // One statement can change several tables, and comes as a record for each.
    const isContinued = !units.open && changes.isNewest(gtid);
    const isRepeat = start.gtids.has(gtid) && (!isContinued || changes.hasTaken(change));
    if (isRepeat) return units.repeated(gtid, change.timestamp, []);
    const closed = units.closeOther(gtid);
    if (closed) return closed;
    const redefined = this.#redefine(change);
    if (isContinued) return { verdict: skip('schema change of several tables'), ...redefined };
    const unit = this.#make(gtid, change.timestamp);
    return { ...unit.close(unit), ...redefined };
  }

  /** A snapshot begins by telling all definitions: a piece of one that was cut off comes again. */
  #ofSnapshot(change: RawSchemaChange): Outcome {
    this.#parts.snapshot.cutOff();
    const closed = this.#parts.units.closeOther('');
    return closed ?? { verdict: skip('schema of the snapshot'), ...this.#redefine(change) };
  }

  #redefine(change: RawSchemaChange): Redefined {
    const { units, definitions, changes } = this.#parts;
    const numbering = changes.numberingOf(change, units.sequence + 1);
    return changes.take(change, numbering, definitions.redefine(change, numbering));
  }

  #make(gtid: string, timestamp: number): Unit {
    const { units } = this.#parts;
    const close = (unit: Unit): Outcome => ({
      verdict: { kind: 'emit', out: units.emission(unit) },
      gtid: unit.id,
    });
    return units.make({ id: gtid, kind: 'schema_change', timestamp, close });
  }

  /** CREATE TABLE … SELECT is a DDL inside its own transaction, with which it lands. */
  #insideOf(unit: Unit, change: RawSchemaChange): Outcome {
    const { units, definitions } = this.#parts;
    const before = this.#inside?.unit === unit ? this.#inside : NO_CHANGE;
    const numbering = { sequence: units.sequence + 1, ordinal: before.schemaVersions.length };
    const { remember, schemaVersions } = definitions.redefine(change, numbering);
    this.#inside = {
      unit,
      remember: [...before.remember, ...remember],
      schemaVersions: [...before.schemaVersions, ...schemaVersions],
    };
    return units.part(unit);
  }

  /** What a transaction changed that ends now under that sequence; undefined for nearly all of them. */
  changedIn(unit: Unit, sequence: number): Redefined | undefined {
    if (this.#inside?.unit !== unit) return undefined;
    const { remember, schemaVersions } = this.#inside;
    this.#inside = undefined;
    return { remember, schemaVersions: schemaVersions.map((version): SchemaVersion => ({ ...version, sequence })) };
  }

  hasChangedIn(unit: Unit): boolean {
    return this.#inside?.unit === unit;
  }

  /** A DDL or TRUNCATE that cannot be read is a unit of its own. Undefined for what has no GTID. */
  unreadable({ gtid, timestamp = 0, fault }: RawUnreadable): Outcome | undefined {
    if (gtid === undefined || !isGtid(gtid)) return undefined;
    const { start, units, changes } = this.#parts;
    // Of a statement that changes several tables, a record before this one has the sequence.
    if (start.gtids.has(gtid))
      return changes.isNewest(gtid) && !units.open ? { verdict: { kind: 'reject', fault } } : units.skipped('repeat');
    const closed = units.closeOther(gtid);
    if (closed) return closed;
    const unit = this.#make(gtid, timestamp);
    const refused = units.refuse(unit, fault);
    if (refused.verdict.kind === 'poison') return refused;
    return { ...units.closeWith(unit, refused), remember: changes.takeUnreadable(gtid, units.sequence) };
  }
}

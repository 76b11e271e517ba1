import { type Keys, NO_KEYS } from '@overlay/canonical';
import type { DenseRecord, Recall, SchemaVersion, Start, Verdict } from '@overlay/model';
import type { WrittenChange } from '@overlay/storage';
import type { Arrow, RepairJob } from '@overlay/streams';
import { makeAssemble } from './assemble.ts';
import { recallAsOf, stillNewest, withFormer } from './former-definitions.ts';
import type { RawRecord } from './raw-record.ts';

type Repair = NonNullable<Arrow<RawRecord, WrittenChange, unknown>['repair']>;

/** A transaction that no source has: at its beginning, what was open has ended. */
const NEXT: RawRecord = { kind: 'begin', transactionId: '00000000-0000-0000-0000-000000000000:1', timestamp: 0 };

/**
 * Raw records of a unit that was set aside → its repair: the transaction as it would have been, by the table definitions of its time, with
 * the next sequence. Refused as long as a record cannot be read, one is missing, or they make something else than that unit.
 */
export const makeRepair =
  (keys: Keys = NO_KEYS): Repair =>
  (job) => {
    const reading = new Reading(job, keys);
    return {
      needsOf: (decoded) => (decoded.kind === 'record' ? reading.needsOf(decoded.record) : []),
      take(decoded) {
        reading.count++;
        if (decoded.kind === 'record') reading.read(decoded.record);
        else if (decoded.kind === 'reject') reading.refuse(`cannot be read: ${decoded.fault.detail}`);
      },
      end: () => reading.end(),
    };
  };

class Reading {
  readonly #job: RepairJob;
  readonly #decide: ReturnType<ReturnType<typeof makeAssemble>['open']>;
  readonly #remember: (readonly [key: string, value: unknown])[] = [];
  readonly #schemaVersions: SchemaVersion[] = [];
  #out: DenseRecord<WrittenChange> | undefined;
  #refusal: string | undefined;
  /** Records that were taken. */
  count = 0;

  constructor(job: RepairJob, keys: Keys) {
    this.#job = job;
    this.#decide = makeAssemble(keys).open(startOf(job));
  }

  needsOf(record: RawRecord): readonly string[] {
    return this.#decide.needsOf?.(record) ?? [];
  }

  refuse(why: string): void {
    this.#refusal ??= `record ${this.count} ${why}`;
  }

  read(record: RawRecord): void {
    for (let isAgain = true; isAgain && this.#refusal === undefined; ) {
      const { verdict, remember = [], schemaVersions = [], again = false, gtid } = this.#decide(record);
      isAgain = again;
      this.#remember.push(...remember);
      this.#schemaVersions.push(...schemaVersions);
      this.#judge(verdict);
      if (verdict.kind === 'skip' && gtid !== undefined) this.#out ??= this.#empty(gtid);
    }
  }

  #judge(verdict: Verdict<DenseRecord<WrittenChange>>): void {
    if (verdict.kind === 'poison' || verdict.kind === 'reject') this.refuse(`cannot be read: ${verdict.fault.detail}`);
    else if (verdict.kind === 'gap') this.refuse(`does not fit: ${verdict.gap.detail}`);
    else if (verdict.kind === 'emit' && this.#out)
      this.refuse(`is of another transaction: ${verdict.out.transactionId}`);
    else if (verdict.kind === 'emit') this.#out = verdict.out;
  }

  /** A transaction of which nothing is captured: only while it could not be read, it had to be given a sequence. */
  #empty(transactionId: string): DenseRecord<WrittenChange> {
    const { source, sequence, timestamp } = this.#job;
    return { source, sequence, kind: 'transaction', transactionId, timestamp, items: [] };
  }

  end(): ReturnType<ReturnType<Repair>['end']> {
    const { unit, repairs, recall } = this.#job;
    if (!this.#out) this.read(NEXT);
    const out = this.#out;
    if (this.#refusal !== undefined) return { kind: 'refused', why: this.#refusal };
    if (!out) return { kind: 'refused', why: `its records do not make up ${unit}` };
    if (out.transactionId !== unit)
      return { kind: 'refused', why: `its records make up ${out.transactionId}, not ${unit}` };
    const remember = withFormer(stillNewest(this.#remember, recall, repairs), recall, repairs);
    const schemaVersions = this.#schemaVersions.map((version) => ({ ...version, sequence: repairs }));
    return { kind: 'repaired', out: { ...out, kind: 'repair', repairs }, remember, schemaVersions };
  }
}

function startOf({ source, sequence, repairs, unit, recall, newItems, packs }: RepairJob): Start<unknown> {
  const asOf = recallAsOf(recall, repairs);
  const snapshot = snapshotBefore(unit);
  const reads = readsBefore(unit);
  const known: Recall<unknown> = (key) => (key === 'snapshot' ? snapshot : key === 'reads' ? reads : asOf(key));
  const gtids = { has: () => false };
  return { source, landed: sequence - 1, gtids, recall: known, accepted: new Set(), newItems, ...(packs && { packs }) };
}

/** The state of a snapshot just before one of its pieces; undefined for what is none. */
function snapshotBefore(unit: string): unknown {
  const [, piece, position, chunk] = /^(snapshot:([^:]+:\d+):.*:)(\d+)$/s.exec(unit) ?? [];
  return piece === undefined ? undefined : { position, landed: {}, pass: { [piece]: Number(chunk) - 1 } };
}

/** What the stage remembers of asked snapshots just before one of their pieces; undefined for what is none. */
function readsBefore(unit: string): unknown {
  const [, number] = /^snapshot:.*:a(\d+)$/s.exec(unit) ?? [];
  if (number === undefined) return undefined;
  return { gtid: null, file: '', position: 0, last: Number(number) - 1, first: Number(number) };
}

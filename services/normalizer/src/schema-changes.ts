import { digest } from '@overlay/evidence';
import type { Recall } from '@overlay/model';
import { z } from 'zod';
import type { Numbering, Redefined } from './definitions.ts';
import type { RawSchemaChange } from './raw-record.ts';

const KEY = 'last_schema_change';

const Last = z.object({
  /** None for the definitions that a snapshot tells. */
  gtid: z.string().nullable(),
  sequence: z.int(),
  /** Versions that were made under that sequence. */
  versions: z.int(),
  /** Digests of the records that were taken of it. */
  taken: z.array(z.string()),
});
type Last = z.infer<typeof Last>;

/**
 * Which schema change came last. One statement comes as a record for each table that it changes, all with one GTID and under one sequence,
 * and any of them may come again. Remembers `last_schema_change`.
 */
export class SchemaChanges {
  #last: Last | undefined;

  constructor(recall: Recall<unknown>) {
    const remembered = recall(KEY);
    this.#last = remembered === undefined ? undefined : Last.parse(remembered);
  }

  isNewest(gtid: string): boolean {
    return this.#last?.gtid === gtid;
  }

  /** Whether this record of the newest schema change was taken before. */
  hasTaken(change: RawSchemaChange): boolean {
    return this.#last?.taken.includes(digestOf(change)) ?? false;
  }

  /** Where the versions that a record makes stand; `next` is the sequence that is due. */
  numberingOf({ origin: { gtid } }: RawSchemaChange, next: number): Numbering {
    const isContinued = gtid !== null && this.isNewest(gtid);
    const sequence = isContinued ? (this.#last?.sequence ?? next) : next;
    return { sequence, ordinal: this.#last?.sequence === sequence ? this.#last.versions : 0 };
  }

  /** Notes that a record was taken; gives what it changed, with what is to be remembered of it. */
  take(change: RawSchemaChange, { sequence, ordinal }: Numbering, { remember, schemaVersions }: Redefined): Redefined {
    const { gtid } = change.origin;
    const versions = ordinal + schemaVersions.length;
    const before = gtid !== null && this.#last?.gtid === gtid ? this.#last.taken : [];
    const taken = gtid === null ? [] : [...before, digestOf(change)];
    const isNew = gtid !== null || versions > ordinal;
    if (isNew) this.#last = { gtid, sequence, versions, taken };
    return { remember: isNew ? [...remember, [KEY, this.#last]] : remember, schemaVersions };
  }

  /** The same for one that could not be read. */
  takeUnreadable(gtid: string, sequence: number): Redefined['remember'] {
    this.#last = { gtid, sequence, versions: 0, taken: [] };
    return [[KEY, this.#last]];
  }
}

const digestOf = ({ statement, tables }: RawSchemaChange): string =>
  digest(JSON.stringify([statement, tables.map(({ database, table }) => [database, table])])).slice(0, 16);

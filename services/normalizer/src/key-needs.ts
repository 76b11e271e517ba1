import { type Keys, missingKeys, type Policies, ValueError } from '@overlay/canonical';
import type { Definitions } from './definitions.ts';
import type { RawRecord } from './raw-record.ts';

/** Most units that one record closes before it is decided on itself. */
const CLOSED_MAX = 2;

interface Parts {
  readonly source: string;
  readonly definitions: Definitions;
  readonly policies: Policies;
  readonly keys: Keys;
}

/** Which keys a record needs that are not at hand. Asking changes nothing. */
export class KeyNeeds {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @param due the sequence that is due: what the record closes may have it, and move the record behind a change of policies */
  of(record: RawRecord, due: number): readonly string[] {
    const { until } = this.#parts.policies.at(due);
    const now = this.#at(record, due);
    return until > due + CLOSED_MAX ? now : [...new Set([...now, ...this.#at(record, until)])];
  }

  #at(record: RawRecord, sequence: number): readonly string[] {
    const { source, definitions, keys } = this.#parts;
    if (record.kind === 'schema_change') return this.#ofDomain(sequence);
    if (record.kind !== 'row' && record.kind !== 'snapshot_row') return [];
    const { sealing } = definitions.plan(record.database, record.table, sequence) ?? {};
    if (!sealing) return [];
    const before = record.kind === 'row' ? record.before : null;
    try {
      return missingKeys(sealing, { before, after: record.after }, source, keys);
    } catch (thrown) {
      if (thrown instanceof ValueError) return []; // it is refused where it is decided on
      throw thrown;
    }
  }

  /** Defaults of columns may be written as tokens. */
  #ofDomain(sequence: number): readonly string[] {
    const { policies, keys } = this.#parts;
    const [any] = policies.at(sequence).policies.values();
    return any && !keys.domain(any.domain) ? [any.domain] : [];
  }
}

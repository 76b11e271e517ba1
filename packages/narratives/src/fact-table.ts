import type { Fact } from '@overlay/model';

/** Ids kept with a fact; the query behind it gives all. */
const EVENT_IDS_MAX = 20;

/** Gives facts their ids in the order in which they are stated. */
export class FactTable {
  readonly #facts: Fact[] = [];

  add(label: string, value: string | number, unit: string | null = null, eventIds: readonly string[] = []): Fact {
    const fact: Fact = {
      id: `F${this.#facts.length + 1}`,
      label,
      value: String(value),
      unit,
      eventIds: eventIds.slice(0, EVENT_IDS_MAX),
    };
    this.#facts.push(fact);
    return fact;
  }

  get facts(): Fact[] {
    return [...this.#facts];
  }
}

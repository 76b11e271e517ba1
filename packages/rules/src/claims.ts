import type { ChangeEvent } from '@overlay/model';

/**
 * Which rows of one transaction the events of which rules rest on. An event claims its anchor and the rows that its joins found; a rule that could not
 * be evaluated reserves them: other rules give way, but nothing explains them.
 */
export class Claims {
  readonly #rules = new Map<ChangeEvent, readonly string[]>();
  readonly #claimed = new Set<ChangeEvent>();

  claim(row: ChangeEvent, rule: string): void {
    this.#claimed.add(row);
    this.reserve(row, rule);
  }

  reserve(row: ChangeEvent, rule: string): void {
    const rules = this.#rules.get(row);
    if (rules === undefined) this.#rules.set(row, [rule]);
    else if (!rules.includes(rule)) this.#rules.set(row, [...rules, rule]);
  }

  isClaimed(row: ChangeEvent): boolean {
    return this.#claimed.has(row);
  }

  /** Whether one of these rules claimed or reserved it. */
  isTakenBy(row: ChangeEvent, rules: readonly string[]): boolean {
    return rules.length > 0 && (this.#rules.get(row)?.some((rule) => rules.includes(rule)) ?? false);
  }
}

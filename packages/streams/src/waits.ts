import type { Waiting } from '@overlay/model';

/** What waits, as it grows. */
type Growing = { -readonly [Field in keyof Waiting]: Waiting[Field] };

/** What has begun and is not whole. */
export class Waits {
  #current: Growing | undefined;

  get current(): Waiting | undefined {
    return this.#current;
  }

  /** A record of it came, published at this time. */
  add(subject: string | null, at: number): void {
    this.#current ??= { subject: null, records: 0, since: at, last: 0 };
    this.#current.subject = subject ?? this.#current.subject;
    this.#current.records++;
    this.#current.last = at;
  }

  /** It is whole. */
  end(): void {
    this.#current = undefined;
  }
}

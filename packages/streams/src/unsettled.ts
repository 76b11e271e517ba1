import type { Message } from './kafka.ts';

/**
 * The messages since the last whole. They are kept as they came, without a copy, until they are more than a bound: a unit of which one turns
 * out to be unreadable is taken once more from its first.
 */
export class Unsettled {
  readonly #bytesMax: number;
  #messages: Message[] = [];
  #bytes = 0;
  #isComplete = true;

  /** @param bytesMax how much is kept; of more, only the last two messages are */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  add(message: Message): void {
    this.#bytes += bytesOf(message);
    if (this.#bytes > this.#bytesMax) this.#cut();
    this.#messages.push(message);
  }

  #cut(): void {
    this.#messages = this.#messages.slice(-1);
    this.#isComplete = false;
  }

  /** The message before the last, if it is not accounted for either. */
  get beforeLast(): Message | undefined {
    return this.#messages.at(-2);
  }

  /** Everything up to this message, which is the last or the one before, is accounted for; gives its bytes. */
  settle(upTo: Message): number {
    const last = this.#messages.at(-1);
    const after = last === undefined || last === upTo ? [] : [last];
    const settled = this.#bytes;
    [this.#messages, this.#bytes, this.#isComplete] = [after, 0, true];
    for (const message of after) this.#bytes += bytesOf(message);
    return settled - this.#bytes;
  }

  /** All of them, in their order, if that many are kept; none is left then. */
  takeAll(): readonly Message[] | undefined {
    if (!this.#isComplete) return undefined;
    const all = this.#messages;
    [this.#messages, this.#bytes] = [[], 0];
    return all;
  }
}

const bytesOf = ({ value }: Message): number => value?.length ?? 0;

const PAGE_BYTES = 64 * 1024;
/** A page that grew beyond this for a long text is not kept for the next one. */
const KEPT_BYTES_MAX = 1024 * 1024;
/** The most bytes that a character of a JavaScript string becomes in UTF-8. */
const CHARACTER_BYTES_MAX = 3;
/** Texts up to this long are written byte by byte, which for a few is faster than a call into Node. */
const SHORT_LENGTH = 64;
/** What is longer is measured before room is made for it. */
const LONG_LENGTH = 16 * 1024;
const ASCII_MAX = 0x7f;

/**
 * Where a text is put together from texts and bytes of UTF-8, one after the other, and taken as one string. A string that is joined from many holds
 * on to all of them, and the collector carries them about for as long as it lives.
 */
export class TextPage {
  #bytes: Buffer = Buffer.allocUnsafeSlow(PAGE_BYTES);
  #at = 0;
  #isAscii = true;

  /** A template literal, part by part. */
  template(texts: TemplateStringsArray, ...values: readonly (string | number)[]): void {
    for (let index = 0; index < texts.length; index++) {
      this.put(texts[index] as string);
      const value = values[index];
      if (value !== undefined) this.put(typeof value === 'string' ? value : String(value));
    }
  }

  put(text: string): void {
    this.#reserve(text.length > LONG_LENGTH ? Buffer.byteLength(text) : text.length * CHARACTER_BYTES_MAX);
    if (text.length <= SHORT_LENGTH && this.#putShort(text)) return;
    const length = this.#bytes.write(text, this.#at, 'utf8');
    if (length !== text.length) this.#isAscii = false;
    this.#at += length;
  }

  /** False, and nothing is put, when it is not ASCII. */
  #putShort(text: string): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > ASCII_MAX) return false;
      bytes[at + index] = code;
    }
    this.#at = at + text.length;
    return true;
  }

  /** @param isAscii whether they surely are; when in doubt they are not */
  putBytes(from: Buffer, begin: number, end: number, isAscii: boolean): void {
    const length = end - begin;
    this.#reserve(length);
    const bytes = this.#bytes;
    let at = this.#at;
    if (length > SHORT_LENGTH) from.copy(bytes, at, begin, end);
    else for (let next = begin; next < end; next++) bytes[at++] = from[next] as number;
    this.#at += length;
    if (!isAscii) this.#isAscii = false;
  }

  putByte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = byte;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.#at + bytes));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }

  /** Whatever was put before is forgotten. */
  begin(): void {
    this.#at = 0;
    this.#isAscii = true;
    if (this.#bytes.length > KEPT_BYTES_MAX) this.#bytes = Buffer.allocUnsafeSlow(PAGE_BYTES);
  }

  /** All that was put since it began. */
  text(): string {
    return this.#bytes.toString(this.#isAscii ? 'latin1' : 'utf8', 0, this.#at);
  }
}

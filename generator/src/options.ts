import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { describe, Failure } from './failure.ts';

/** Parsers for the command line: each answers with a value or says what is wrong with the text. */
export function parseWhole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

export function parsePositive(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value > 0 && value <= most) return value;
    throw new InvalidArgumentError(`It must be a number above 0 and up to ${most}.`);
  };
}

/** An instant with its zone; in epoch microseconds. */
export function parseInstant(text: string): number {
  const hasZone = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/.test(text);
  const ms = hasZone ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw new InvalidArgumentError('It must be an instant with its zone, such as 2026-01-15T18:00:00Z.');
  if (ms < Date.UTC(2000) || ms >= Date.UTC(2038)) {
    throw new InvalidArgumentError('It must lie from the year 2000 to 2037: a TIMESTAMP column holds no more.');
  }
  return ms * 1000;
}

/** 0 for none; else at least 20, which is room for every step of the troubles. */
export function parseTroubleEvery(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && (value === 0 || (value >= 20 && value <= 1_000_000_000))) return value;
  throw new InvalidArgumentError('It must be 0 for no trouble, or a whole number from 20.');
}

export function parseDatabase(text: string): string {
  if (/^[A-Za-z0-9_]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 64 letters, digits or underscores.');
}

/** `--mysql-url`, else MYSQL_URL, else what stands in the file that MYSQL_URL_FILE names. */
export function findUrl(given: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  const file = env.MYSQL_URL_FILE;
  const url = given || env.MYSQL_URL || (file ? readUrl(file) : undefined);
  if (url === undefined) throw new Failure('no MySQL to write to: give --mysql-url, MYSQL_URL or MYSQL_URL_FILE', 2);
  if (!URL.canParse(url) || new URL(url).protocol !== 'mysql:') {
    throw new Failure('the MySQL address is not of the form mysql://user:password@host:port', 2);
  }
  return url;
}

function readUrl(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (thrown) {
    throw new Failure(`cannot read ${file}, named by MYSQL_URL_FILE (${describe(thrown).code})`, 2, thrown);
  }
}

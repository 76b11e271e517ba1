import { closeSync, openSync, writeSync } from 'node:fs';
import { describe, Failure } from './failure.ts';

/** A file of JSON lines. */
export type LinesFile = {
  readonly write: (line: object) => void;
  /** Hands what was written to the operating system. */
  readonly flush: () => void;
  readonly close: () => void;
};

const BUFFER_CHARACTERS_MAX = 256 * 1024;

/** Throws {@link Failure} naming the option that gave the path. No path: no file. */
export function openLines(path: string | undefined, mode: 'replace' | 'append', option: string): LinesFile {
  if (path === undefined) return { write: () => undefined, flush: () => undefined, close: () => undefined };
  const file = open(path, mode, option);
  let lines: string[] = [];
  let characters = 0;
  const flush = (): void => {
    if (lines.length > 0) writeSync(file, lines.join(''));
    lines = [];
    characters = 0;
  };
  return {
    write: (line) => {
      const text = `${JSON.stringify(line)}\n`;
      lines.push(text);
      characters += text.length;
      if (characters > BUFFER_CHARACTERS_MAX) flush();
    },
    flush,
    close: () => {
      flush();
      closeSync(file);
    },
  };
}

function open(path: string, mode: 'replace' | 'append', option: string): number {
  try {
    return openSync(path, mode === 'replace' ? 'w' : 'a');
  } catch (thrown) {
    throw new Failure(`cannot write to ${path} (${describe(thrown).code}): correct ${option}`, 1, thrown);
  }
}

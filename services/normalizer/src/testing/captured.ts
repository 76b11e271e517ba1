import { readFileSync } from 'node:fs';

/** The values of raw records that a real Debezium 3.6.1 wrote, in their order. */
export const captured = (name: string): readonly string[] =>
  readFileSync(new URL(`../golden/${name}-3.6.1.jsonl`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { value: string }).value);

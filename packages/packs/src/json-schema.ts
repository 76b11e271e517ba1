import { z } from 'zod';
import { ExampleFile } from './example.ts';
import { Detector, Pack } from './pack.ts';
import { Rule } from './rule.ts';

const Part = z.strictObject({ rules: z.array(Rule).optional(), detectors: z.array(Detector).optional() });

const FILES = {
  'pack.schema.json': ['A pack: pack.yaml', Pack],
  'pack-part.schema.json': ['Rules and detectors that a pack includes', Part],
  'examples.schema.json': ["Examples of a pack's rules", ExampleFile],
} as const;

/** JSON Schema (draft 7) of each kind of file that a pack is made of, for editors: its text by the name of its file. */
export function jsonSchemas(): Readonly<Record<string, string>> {
  const texts = Object.entries(FILES).map(([name, [title, schema]]) => {
    const json = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', reused: 'ref' });
    return [name, `${JSON.stringify({ title, ...json }, null, 2)}\n`];
  });
  return Object.fromEntries(texts);
}

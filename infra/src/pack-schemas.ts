import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonSchemas } from '@overlay/packs';

const PACKS = join(import.meta.dirname, '..', '..', 'packs');

// Writes the JSON Schemas that editors check packs by; a test fails while they are not up to date.
for (const [name, text] of Object.entries(jsonSchemas())) writeFileSync(join(PACKS, name), text);

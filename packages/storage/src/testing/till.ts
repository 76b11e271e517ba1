import { type Pack, parsePack } from '@overlay/packs';

/** A pack with a field of every type, `more` lines of YAML after its event `till.closed`. */
export function tillPack(more = '', name = 'till'): Pack {
  const parsed = parsePack(
    `name: ${name}
version: 1
title: Till
timeZone: America/Lima
currency: PEN
openingHours: { default: { open: "08:00", close: "21:00" } }
tables: { tills: { key: [id], label: name } }
actors: { labels: tills, columns: [] }
rules:
  - id: ${name}.closed
    version: 1
    event: ${name}.closed
    anchor: { table: tills, operations: [INSERT] }
    entity: { type: ${name}, id: after.id }
    occurredAt: after.at
    payload:
      place: { value: after.a, type: integer, comment: Number of the place }
      place_name: { value: after.a, type: text, comment: Name of the place }
      amount: { value: after.a, type: numeric, comment: "What was in it, in the place's currency" }
      is_balanced: { value: after.a, type: boolean, comment: Whether it was what it should be }
      counted_at: { value: after.a, type: timestamptz, comment: When it was counted }
      opened_at: { value: after.a, type: local_time, comment: When it was opened }
      coins: { value: after.a, type: json, comment: Which coins }
      source: { value: after.a, type: text, comment: Called as a column that every view has }
      note: after.a
detectors: []
report: { sections: [] }
${more}`,
    'pack.yaml',
  );
  if (!parsed.ok) throw new Error(parsed.mistakes.join('\n'));
  return parsed.pack;
}

import { insert } from './rows.ts';

/** A small pack of its own, so that the engine is tested apart from any domain that ships: rows of a workshop that lends tools. */
export const LENDING = `
name: lending
version: 1
title: Tool lending
timeZone: America/Lima
currency: PEN
openingHours: { default: { open: "08:00", close: "20:00" } }
tables:
  people: { key: [id], label: name }
  tools: { key: [shop, id], label: name }
  loans: { key: [id] }
  lines: { key: [loan, tool], remember: { fee: { column: fee, by: [tool] } } }
  visits: { key: [id], ignore: true }
  shelves: { key: [tool] }
actors:
  labels: people
  columns:
    - { table: loans, column: clerk, operations: [INSERT] }
    - { table: lines, column: scanned_by, operations: [INSERT] }
    - { table: people, column: changed_by, operations: [UPDATE] }
rules:
  - id: loan.made
    version: 2
    event: loan.made
    anchor: { table: loans, operations: [INSERT], where: after.kind != 'test' }
    joins:
      lines: { table: lines, operations: [INSERT], on: { loan: id } }
      shelves: { table: shelves, operations: [UPDATE], on: { tool: lines.tool }, where: after.units != before.units }
      borrower: { table: people, operations: [UPDATE, INSERT], on: { id: person }, cardinality: one }
    when: [size(lines) > 0]
    entity: { type: loan, id: after.id }
    occurredAt: after.made_at
    doubts:
      - { when: "!sameAmount(after.fee, sum(lines.map(l, l.after.fee)))", factor: 0.5, note: the fee is not the sum of the lines }
    payload:
      person: label('people', after.person)
      fee: after.fee
      kind: after.kind
      tools: >-
        lines.map(l, {"tool": l.after.tool, "name": label('tools', after.shop + ',' + l.after.tool)})
      count: size(lines)
      points: "has(borrower.after) ? borrower.after.points : 'unchanged'"
      closed: "!isOpen(time, after.shop)"
  - id: loan.ended
    version: 1
    event: loan.ended
    anchor: { table: loans, operations: [DELETE] }
    when: [int(before.fee) >= 0]
    entity: { type: loan, id: before.id }
    confidence: 0.8
    payload: { person: "label('people', before.person)", fee_in_cents: "int(before.fee) * 100" }
  - id: shelf.changed
    version: 1
    event: shelf.changed
    anchor:
      table: shelves
      operations: [UPDATE]
      where: after.units != before.units
      unlessClaimedBy: [loan.made]
    entity: { type: tool, id: after.tool }
    payload:
      units: { value: after.units, type: integer, comment: Units from here on }
      last_fee: "remembered('lines', 'fee', after.tool)"
detectors: []
report: { sections: [] }
`;

/** A row that the rule `loan.made` is anchored on. */
export const LOAN = insert('loans', {
  id: '100',
  shop: '1',
  person: '7',
  clerk: '8',
  fee: '3.50',
  kind: 'day',
  made_at: '2026-03-10 10:00:00',
});

/** A whole pack in little, of a domain that nobody ships: a library that lends books. */
export const LIBRARY = `name: library
version: 1
title: Town library
timeZone: Europe/Berlin
currency: EUR
openingHours:
  default: { open: "10:00", close: "18:00" }
  places:
    "2": { open: "20:00", close: "02:00" }
    "3": { open: "10:00", close: "18:00", timeZone: America/New_York }
tables:
  members: { key: [member_id], label: name }
  loans: { key: [loan_id] }
  desks: { key: [desk_id] }
  loan_lines: { key: [loan_id, line] }
actors:
  labels: members
  columns:
    - { table: loans, column: clerk, operations: [INSERT] }
    - { table: loan_lines, column: scanned_by, operations: [INSERT] }
rules:
  - id: loan.made
    version: 3
    event: loan.made
    anchor: { table: loans, operations: [INSERT], where: after.kind != 'test' }
    joins:
      lines: { table: loan_lines, operations: [INSERT], on: { loan_id: loan_id } }
      desk: { table: desks, operations: [UPDATE], on: { desk_id: lines.desk_id }, cardinality: one }
    when:
      - size(lines) > 0
    entity: { type: loan, id: after.loan_id }
    occurredAt: after.made_at
    doubts:
      - { when: "!sameAmount(after.fee, sum(lines.map(l, l.after.fee)))", factor: 0.5, note: the fee is not the sum of the lines }
    payload:
      member: label('members', after.member_id)
      fee: after.fee
      books: lines.map(l, l.after.book)
      count: size(lines)
      paid: { value: after.fee, type: numeric, comment: What was paid }
      reader: { value: "label('members', after.member_id)", type: text, comment: Who reads }
      desk: "has(desk.after) ? desk.after.name : 'none'"
detectors:
  - id: loan.dear
    version: 1
    family: loans
    method: large_value
    event: loan.made
    entity: { type: loan, id: payload.fee, label: payload.member }
    value: double(payload.fee)
    series: {}
    prior: { typical: 5, spread: 0.5, strength: 10 }
    halfLifeDays: 30
    severity: { low: 3, medium: 4, high: 5, critical: 6 }
    reasons: ["{member|fee} paid {fee}, usually {typical}."]
report:
  sections:
    - { id: fees, title: Fees, eventType: loan.made, measure: sum(paid), unit: currency, groupBy: reader, top: 3 }
`;

import type { Pack } from './pack.ts';
import type { FieldType } from './rule.ts';

/** A field of an event's payload, as all rules that give such events agree on it. */
export interface EventField {
  readonly name: string;
  /** `json` where no rule declares it. */
  readonly type: FieldType;
  readonly comment: string | null;
}

/** A type of business event: what its rules put into its payload. */
export interface EventType {
  readonly type: string;
  readonly rules: readonly string[];
  readonly fields: readonly EventField[];
}

/** What the engine itself may add to a payload. */
const ENGINE_FIELDS: Readonly<Record<string, Omit<EventField, 'name'>>> = {
  occurred_at: { type: 'text', comment: "When it happened by the business's own clock" },
  doubts: { type: 'json', comment: 'What makes the event less sure; not there when nothing does' },
};

/** Every type of event that a pack's rules give, in their order, with its fields in the order in which rules name them. */
export function eventTypesOf({ rules }: Pick<Pack, 'rules'>): readonly EventType[] {
  const types = new Map<string, { rules: string[]; fields: Map<string, EventField> }>();
  for (const { id, event, payload, occurredAt } of rules) {
    const known = types.get(event) ?? { rules: [], fields: new Map<string, EventField>() };
    types.set(event, known);
    known.rules.push(id);
    for (const [name, { type, comment }] of Object.entries(payload))
      if (type !== undefined || !known.fields.has(name))
        known.fields.set(name, { name, type: type ?? 'json', comment: comment ?? null });
    if (occurredAt !== undefined) known.fields.set('occurred_at', { name: 'occurred_at', type: 'text', comment: null });
  }
  return [...types].map(([type, { rules: ids, fields }]) => ({
    type,
    rules: ids,
    fields: [
      ...[...fields.values()].map((field) => ({ ...field, ...ENGINE_FIELDS[field.name] })),
      { name: 'doubts', type: 'json', comment: null, ...ENGINE_FIELDS.doubts },
    ],
  }));
}

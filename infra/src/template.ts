/**
 * Replaces every `${name}` (lower case and underscores) by its value. Throws on a name without a value, and on a value that no
 * name asks for. Kafka's own `${provider:path:key}` holds colons and stays as it is, but a `${name}` inside it is replaced.
 */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  const used = new Set<string>();
  const text = template.replace(/\$\{([a-z_]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the template asks for \${${name}}, which has no value`);
    used.add(name);
    return value;
  });
  const unused = Object.keys(values).filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`the template does not use ${unused.join(', ')}`);
  return text;
}

/** As above, for a template that is a flat JSON object of strings; values are filled in after parsing, so they need no escapes. */
export function fillJsonTemplate(template: string, values: Readonly<Record<string, string>>): Record<string, string> {
  const parsed = JSON.parse(template) as Record<string, unknown>;
  const used = new Set<string>();
  const entries = Object.entries(parsed).map(([name, value]) => {
    if (typeof value !== 'string') throw new Error(`${name} is not a string in the template`);
    const wanted = [...value.matchAll(/\$\{([a-z_]+)\}/g)].map((match) => match[1] ?? '');
    for (const one of wanted) used.add(one);
    const here = Object.fromEntries(Object.entries(values).filter(([one]) => wanted.includes(one)));
    return [name, fillTemplate(value, here)];
  });
  const unused = Object.keys(values).filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`the template does not use ${unused.join(', ')}`);
  return Object.fromEntries(entries) as Record<string, string>;
}

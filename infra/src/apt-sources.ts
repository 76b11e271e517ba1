import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One place of the machine's own apt configuration, as far as we need it. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly signedBy: string | undefined;
}

const words = (text: string | undefined): string[] => (text ?? '').split(/\s+/).filter(Boolean);

/** One-line form: `deb [signed-by=/x arch=amd64] URI SUITE COMPONENT...`. Lines that say something else are skipped. */
export function parseOneLineSources(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (!match) continue;
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1];
    sources.push({ uri, suites: [suite], components: words(components), signedBy });
  }
  return sources;
}

/** deb822 form: paragraphs of fields, with continuation lines and comments. A paragraph with `Enabled: no` does not count. */
export function parseDeb822Sources(text: string): AptSource[] {
  const sources: AptSource[] = [];
  const kept = text.split('\n').filter((line) => !line.startsWith('#'));
  for (const paragraph of kept.join('\n').split(/\n\s*\n/)) {
    const fields = parseFields(paragraph);
    if (!words(fields.get('types')).includes('deb') || /^(no|false)$/i.test(fields.get('enabled') ?? '')) continue;
    const signedBy = fields.get('signed-by');
    for (const uri of words(fields.get('uris'))) {
      sources.push({
        uri,
        suites: words(fields.get('suites')),
        components: words(fields.get('components')),
        signedBy: signedBy?.startsWith('/') ? signedBy : undefined,
      });
    }
  }
  return sources;
}

function parseFields(paragraph: string): Map<string, string> {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of paragraph.split('\n')) {
    const match = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line);
    if (match?.[1]) {
      last = match[1].toLowerCase();
      fields.set(last, (match[2] ?? '').trim());
    } else if (/^\s+\S/.test(line) && last) {
      fields.set(last, `${fields.get(last) ?? ''} ${line.trim()}`.trim());
    }
  }
  return fields;
}

/** All sources of /etc/apt (or of another folder, for tests). */
export function readAptSources(folder = '/etc/apt'): AptSource[] {
  const files = [join(folder, 'sources.list')];
  const parts = join(folder, 'sources.list.d');
  if (existsSync(parts)) files.push(...readdirSync(parts).map((name) => join(parts, name)));
  return files
    .filter((file) => existsSync(file) && /\.(list|sources)$/.test(file))
    .flatMap((file) => {
      const text = readFileSync(file, 'utf8');
      return file.endsWith('.sources') ? parseDeb822Sources(text) : parseOneLineSources(text);
    });
}

/**
 * The mirror from which this machine takes Debian itself: the first source that is neither the security archive nor updates alone and that
 * looks like a Debian main archive (path ends in /debian). Its URI serves sid as well.
 */
export function debianMirror(sources: readonly AptSource[]): AptSource | undefined {
  return sources.find((source) => /\/debian\/?$/.test(source.uri) && source.components.includes('main'));
}

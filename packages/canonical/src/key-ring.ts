import { must } from '@overlay/model';
import type { DomainKey, SubjectKey } from '@overlay/sealing';

/** The keys as values, those that were fetched. */
export interface Keys {
  readonly domain: (domain: string) => DomainKey | undefined;
  /** `destroyed`: of somebody who was erased. */
  readonly subject: (need: string) => SubjectKey | 'destroyed' | undefined;
}

export const NO_KEYS: Keys = { domain: () => undefined, subject: () => undefined };

/** Where keys come from: made, when nobody has made them before. */
export interface KeySource {
  readonly domainKey: (domain: string) => Promise<DomainKey>;
  readonly subjectKeys: (
    domain: string,
    ids: readonly string[],
  ) => Promise<ReadonlyMap<string, SubjectKey | 'destroyed'>>;
}

const BETWEEN = '\u001f';
/** Keys of subjects that are held, about; those that were not asked for lately make room. */
const SUBJECTS_MAX = 50_000;

/** What a record needs the key of: a subject of a domain, by its name. The domain's own key is asked for by the domain alone. */
export const needOf = (domain: string, subject: string): string => domain + BETWEEN + subject;

/** Keys that were fetched, for the stage to seal by. What is in it is in memory only, in clear: keys, and the names of subjects. */
export class KeyRing implements Keys {
  readonly #source: KeySource;
  readonly #domains = new Map<string, DomainKey>();
  #subjects = new Map<string, SubjectKey | 'destroyed'>();
  #former = new Map<string, SubjectKey | 'destroyed'>();

  constructor(source: KeySource) {
    this.#source = source;
  }

  readonly domain = (domain: string): DomainKey | undefined => this.#domains.get(domain);

  readonly subject = (need: string): SubjectKey | 'destroyed' | undefined => {
    const found = this.#subjects.get(need);
    if (found !== undefined) return found;
    const former = this.#former.get(need);
    if (former !== undefined) this.#subjects.set(need, former);
    return former;
  };

  /** Fetches what is needed, each once. */
  readonly fetch = async (needs: readonly string[]): Promise<void> => {
    const byDomain = Map.groupBy(needs, (need) => need.split(BETWEEN, 1)[0] ?? '');
    for (const [domain, own] of byDomain) {
      const key = this.#domains.get(domain) ?? (await this.#source.domainKey(domain));
      this.#domains.set(domain, key);
      const named = new Map(
        own
          .filter((need) => need !== domain)
          .map((need) => [key.subjectId(need.slice(domain.length + BETWEEN.length)), need] as const),
      );
      if (named.size > 0) this.#keep(named, await this.#source.subjectKeys(domain, [...named.keys()]));
    }
  };

  #keep(named: ReadonlyMap<string, string>, found: ReadonlyMap<string, SubjectKey | 'destroyed'>): void {
    if (this.#subjects.size + named.size > SUBJECTS_MAX / 2)
      [this.#former, this.#subjects] = [this.#subjects, new Map()];
    for (const [id, need] of named) {
      const key = found.get(id);
      must(key, 'a key that was asked for is there or was made');
      this.#subjects.set(need, key);
    }
  }

  /** Lets go of the subjects' keys: what was destroyed meanwhile is destroyed here too. */
  readonly forget = (): void => {
    [this.#subjects, this.#former] = [new Map(), new Map()];
  };
}

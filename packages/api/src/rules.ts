import { identify } from '@overlay/evidence';
import { loadExamples, loadPack } from '@overlay/packs/load';
import { runExamples } from '@overlay/rules';
import type { RulesReport } from './contract/index.ts';

/** Applies the pack of a folder to its own examples. Needs no database. Throws Misconfigured with every mistake of pack and examples. */
export async function testRules(directory: string): Promise<RulesReport> {
  const pack = await loadPack(directory);
  const { outcomes, rulesWithoutExample } = runExamples(pack, await loadExamples(directory), identify);
  return {
    pack: pack.name,
    version: pack.version,
    examples: outcomes.map(({ title, differences }) => ({ title, differences: [...differences] })),
    rulesWithoutExample: [...rulesWithoutExample],
    passed: rulesWithoutExample.length === 0 && outcomes.every(({ differences }) => differences.length === 0),
  };
}

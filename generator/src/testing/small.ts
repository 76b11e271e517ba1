import type { HistoryOptions } from '../business.ts';
import type { Scenario } from '../scenario.ts';
import { readScenario } from '../scenario-file.ts';

/** The default scenario but for what is named here. */
export function optionsOf(
  until_us: number,
  dials: { readonly seed: string; readonly days: number; readonly salesPerDay: number },
  change: (scenario: Scenario) => Scenario = (scenario) => scenario,
): HistoryOptions {
  return { scenario: change({ ...readScenario(), ...dials }), until_us };
}

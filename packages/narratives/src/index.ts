export { renderDailySummary, type Told } from './daily-summary.ts';
export {
  type Coverage,
  type DayAnomalies,
  type DayFacts,
  type Measured,
  SEVERITIES,
  type SectionFacts,
} from './day-facts.ts';
export { explainAnomaly } from './explain-anomaly.ts';
export { printNumber, rowText } from './figures.ts';
export { checkGrounded } from './grounding.ts';
export { type Prose, type ProseRequest, readProse, requestProse } from './prose.ts';
export { type CountedDay, dayFactsOf, type Report, type ReportSection, reportOf } from './report.ts';
export { type Bounds, dayAfter, dayName, isDay, makeZone, type Zone } from './zone.ts';

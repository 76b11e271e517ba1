export { type CoverageLook, lookAtCoverage } from './look.ts';

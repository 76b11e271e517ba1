export {
  ConnectorFailed,
  type ConnectorOptions,
  type ConnectorTarget,
  connectorConfig,
  registerConnector,
} from './connector.ts';
export type { Endpoints } from './endpoints.ts';
export { type Pipeline, type PipelineOptions, preparePipeline, SERVICES, type Service } from './pipeline.ts';
export { type ProgramLaunch, type RunningProgram, runToEnd, startProgram } from './program.ts';
export { printProgress } from './progress.ts';
export { type Stack, type StackOptions, startStack } from './stack.ts';
export { stopOnSignals } from './stop-on-signals.ts';
export type { Health, ServerDeath } from './supervised.ts';
export { type ProgressEvent, type Provider, SERVER_NAMES, type ServerName } from './types.ts';
export { type ConnectorEvent, type ConnectorWatchOptions, watchConnectors } from './watch-connectors.ts';

export { addTables } from './add-tables.ts';
export { avroConverter } from './avro-converter.ts';
export {
  ConnectorFailed,
  type ConnectorOptions,
  type ConnectorTarget,
  connectorConfig,
  registerConnector,
  runConnector,
} from './connector.ts';
export type { Endpoints } from './endpoints.ts';
export { runKafkaTool } from './kafka-tool.ts';
export { type NotaryPlace, prepareNotary } from './notary.ts';
export { type Pipeline, type PipelineOptions, preparePipeline, SERVICES, type Service } from './pipeline.ts';
export { findPsql } from './postgres.ts';
export { type ProgramLaunch, type RunningProgram, runToEnd, startProgram } from './program.ts';
export { printProgress } from './progress.ts';
export { askForRows } from './signals.ts';
export { type Stack, type StackOptions, startStack } from './stack.ts';
export { stopOnSignals } from './stop-on-signals.ts';
export type { Health, ServerDeath } from './supervised.ts';
export { type ConnectPlugin, type ProgressEvent, type Provider, SERVER_NAMES, type ServerName } from './types.ts';
export { type ConnectorEvent, type ConnectorWatchOptions, watchConnectors } from './watch-connectors.ts';

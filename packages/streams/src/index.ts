export { type Arrow, type Decoded, denseInput, type Input, type RepairJob } from './arrow.ts';
export { streamsConfig } from './config.ts';
export { Broker, type Message } from './kafka.ts';
export { partitionOf } from './partition.ts';
export { type Contract, makeSchemaRegistry, type SchemaRegistry } from './registry.ts';
export { runArrow, STAGE_DEPENDENCIES } from './stage.ts';

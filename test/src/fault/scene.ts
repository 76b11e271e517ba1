import type { Endpoints, RunningProgram, Service } from '@overlay/infra';
import { coverageFindings } from '../kit/coverage.ts';
import { evidenceFindings } from '../kit/evidence.ts';
import type { TableRows } from '../kit/tables.ts';
import { makeWorld, type World } from '../kit/world.ts';
import {
  allOrNothing,
  everyGtidLanded,
  type Findings,
  inOrder,
  nothingLost,
  nothingRefused,
  nothingTwice,
  rebuiltEqual,
  sameAgain,
} from '../oracle/checks.ts';
import { type OracleLog, scanLog } from '../oracle/log.ts';
import { type QuiesceOptions, type Quiet, quiesce } from '../oracle/quiesce.ts';
import { makeOracleSource, type SourceShape } from '../oracle/schema.ts';
import { type Oracle, type OracleOptions, openOracle } from '../oracle/workload.ts';
import type { Arena } from './arena.ts';

export interface SceneOptions {
  /** Letters and digits. */
  readonly name: string;
  readonly servers: Endpoints;
  readonly source?: SourceShape;
  readonly oracle?: Pick<OracleOptions, 'largeRows' | 'workers'>;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A source under the oracle's workload, with a record and services of its own. */
export interface Scene {
  readonly world: World;
  readonly oracle: Oracle;
  readonly start: (service: Service, environment?: Readonly<Record<string, string>>) => RunningProgram;
}

/** Sets the scene: source, connector, empty record, the oracle's workers; services are started by the fault. */
export async function setScene(arena: Arena, options: SceneOptions): Promise<Scene> {
  const { name, servers, source, oracle: shape = {}, environment = {} } = options;
  const world = await makeWorld({
    name,
    servers,
    makeSource: makeOracleSource(source),
    environment: { KAFKA_SESSION_MS: '2000', ...environment },
  });
  arena.onEnd(() => world.close());
  arena.tell(`${name}: the source is captured; logs are in ${world.directory}`);
  const oracle = await openOracle({
    seed: arena.seed,
    mysqlUrl: world.mysqlUrl,
    database: name,
    onFailure: arena.fail,
    ...shape,
  });
  arena.onEnd(() => oracle.close());
  return { world, oracle, start: (service, more) => world.pipeline.start(service, more) };
}

export interface CoreOptions extends QuiesceOptions {
  /** Codes of gaps and faults that belong to the fault that is played. */
  readonly gaps?: readonly string[];
  readonly faults?: readonly string[];
  /** False where the raw topic no longer holds everything. */
  readonly again?: boolean;
  readonly pageRows?: number;
  /** How tables are rebuilt. Default: by their changes alone, which does where no DDL changes them. */
  readonly fold?: (world: World) => Promise<ReadonlyMap<string, TableRows>>;
}

export interface Core extends Quiet {
  readonly log: OracleLog;
}

/** Waits until everything has arrived, then checks the invariants I1 to I6 under their names. */
export async function coreCheck(arena: Arena, { world, oracle }: Scene, options: CoreOptions = {}): Promise<Core> {
  const quiet = await quiesce(world, options);
  const log = await scanLog(world, options.pageRows);
  const size = `${log.transactions.length} transactions with ${log.events} events`;
  arena.tell(`${world.name}: ${size}, after ${JSON.stringify(oracle.tally())}`);
  const tables = (await options.fold?.(world)) ?? log.tables;
  for (const [name, findings] of await coreFindings(world, { ...log, tables })) arena.check(name, findings);
  if (options.again !== false) arena.check('I6 same again', await sameAgain(world, quiet.last, options.ms ?? 180_000));
  arena.check('nothing refused', await nothingRefused(world, options));
  // What is set aside, and gaps that belong to the fault, are no whole coverage.
  if (!options.gaps && !options.faults) arena.check('coverage is complete', await coverageFindings(world));
  return { ...quiet, log };
}

/** What the invariants I1 to I5 and I7 find, by their names. */
export async function coreFindings(world: World, log: OracleLog): Promise<ReadonlyMap<string, Findings>> {
  return new Map([
    ['I1 nothing lost', [...(await nothingLost(world, log)), ...(await everyGtidLanded(world, log))]],
    ['I2 nothing twice', await nothingTwice(world, log)],
    ['I3 all or nothing', allOrNothing(log)],
    ['I4 order', inOrder(log)],
    ['I5 rebuilt equal', await rebuiltEqual(world, log)],
    ['I7 evidence', await evidenceFindings(world.record, world.name)],
  ]);
}

/** The real servers that a stack can hold, in the order in which people think of them. */
export const SERVER_NAMES = ['mysql', 'postgres', 'kafka', 'registry', 'connect'] as const;
export type ServerName = (typeof SERVER_NAMES)[number];

/**
 * What Connect can be given beside Debezium's MySQL connector; fetched when a stack first asks for it. `avro-converter`: for connectors with the
 * settings of `avroConverter`. `jdbc-sink`: Debezium's sink into databases.
 */
export type ConnectPlugin = 'avro-converter' | 'jdbc-sink';

export const PORT_NAMES = ['mysql', 'postgres', 'kafka', 'kafkaController', 'registry', 'connect'] as const;
export type PortName = (typeof PORT_NAMES)[number];
export type Ports = Readonly<Record<PortName, number>>;

/** Made once for each stack from random bytes, kept in its state file (mode 0600). */
export interface Secrets {
  readonly mysqlRoot: string;
  readonly debezium: string;
  readonly postgres: string;
}

/** Where one stack keeps its things, and which choices were made for it. */
export interface Place {
  readonly stack: string;
  readonly directory: string;
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly exactlyOnce: boolean;
}

/** A numeric account, for the servers that refuse to run as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** How to start one process. `account`: drop to it first (only ever set when we are root). */
export interface Launch {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly account?: Account | undefined;
  /** Called after the process ended in good order, to keep what it left behind (a class data archive). */
  readonly onCleanExit?: () => void;
}

/** A server whose artefacts are on this machine. */
export interface Runnable {
  /** Writes configuration and, where there is none yet, empty data. Safe to repeat: data that is there stays. */
  launch(place: Place): Promise<Launch>;
  /** One attempt, bounded in time; answers false rather than throwing while the server is not there. */
  isReady(place: Place): Promise<boolean>;
}

/** What the stack needs to know of a server; how it comes to the machine and runs is the provider's business. */
export interface Server {
  readonly name: ServerName;
  /** Servers that must be ready before this one is started. */
  readonly needs: readonly ServerName[];
  /** Servers that it talks to when they are there: they are stopped after it, so that it can say goodbye. */
  readonly uses?: readonly ServerName[];
  /** Asks for an orderly end. */
  readonly stopSignal: NodeJS.Signals;
  /** Asks for the quickest end, when its data will not be used again. */
  readonly abandonSignal: NodeJS.Signals;
  readonly stop_ms_max: number;
  readonly start_ms_max: number;
  prepare(report: Report): Promise<Runnable>;
}

/** Where servers come from. Today: processes from artefacts; a container provider would be a second one. */
export type Provider = (name: ServerName) => Server;

export interface ProgressEvent {
  readonly kind: 'step' | 'ready' | 'died' | 'stopped' | 'note';
  readonly server?: ServerName;
  readonly text: string;
  /** Since the beginning of the start. */
  readonly seconds: number;
}

/** Progress talk of one server. */
export type Report = (text: string) => void;

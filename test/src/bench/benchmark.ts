import type { OwnServers } from '../kit/own-servers.ts';

/** What a benchmark is given: its size, where it says what it does, and servers that are its own. */
export interface Bench extends OwnServers {
  /** How many row changes it is about. */
  readonly rows: number;
  readonly tell: (text: string) => void;
  /** Folder for logs and files of this run; removed at the end when everything went well. */
  readonly directory: string;
  /** Also what sealing costs. */
  readonly isSealed: boolean;
  /** Other settings for the normalizer, such as NODE_OPTIONS for a profile. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What was measured: one JSON object; names end in their unit. */
export type Figures = Readonly<Record<string, number>>;

export interface Benchmark {
  readonly name: string;
  readonly what: string;
  /** Rows when nobody says how many. */
  readonly rows: number;
  readonly run: (bench: Bench) => Promise<Figures>;
}

/** Significant digits that a measurement on a machine in use can claim. */
export const rounded = (value: number): number => Number(value.toPrecision(4));

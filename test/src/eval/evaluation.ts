import type { OwnServers } from '../kit/own-servers.ts';

/** What an evaluation is asked for, and servers that are its own. */
export interface Asked extends OwnServers {
  readonly seeds: readonly number[];
  readonly days: number;
  readonly salesPerDay: number;
  /** True: through the real servers and services; false: in this process, from the recording. */
  readonly isLive: boolean;
  readonly tell: (text: string) => void;
  /** Folder for files of this run; removed at the end. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

export interface Report {
  readonly passed: boolean;
  /** What is printed. */
  readonly figures: Readonly<Record<string, unknown>>;
}

export interface Evaluation {
  readonly name: string;
  readonly what: string;
  readonly run: (asked: Asked) => Promise<Report>;
}

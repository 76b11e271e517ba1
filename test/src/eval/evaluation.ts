import type { Stack } from '@overlay/infra';

/** What an evaluation is asked for, and servers that are its own. */
export interface Asked {
  readonly seeds: readonly number[];
  readonly days: number;
  readonly salesPerDay: number;
  /** True: through the real servers and services; false: in this process, from the recording. */
  readonly isLive: boolean;
  readonly tell: (text: string) => void;
  readonly startServers: () => Promise<Stack>;
  /** Called at the end in reverse order, however it ends. */
  readonly onEnd: (close: () => Promise<unknown>) => void;
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

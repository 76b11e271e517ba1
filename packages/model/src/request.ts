import type { OfferedPack } from './pack-version.ts';

/** What people can ask of a running stage; see {@link StageRequest}. */
export const REQUEST_KINDS = {
  repair: 'read again what was set aside under a sequence, and append its repair',
  republish: 'publish everything from a sequence on once more',
  activate: 'read by another version of the pack from the next sequence on',
} as const;
export type RequestKind = keyof typeof REQUEST_KINDS;

/** Control input: a stored row that the stage takes up, and answers with the sequence at which it took effect or why it was refused. */
export interface StageRequest {
  readonly requestId: string;
  readonly kind: RequestKind;
  readonly source: string;
  /** The sequence that is to be repaired, or the first that is to be published again; 0 where it is about neither. */
  readonly sequence: number;
  /** Whether corrected raw records came with it. */
  readonly isCorrected: boolean;
  /** The version that is to come into force. */
  readonly pack?: OfferedPack;
}

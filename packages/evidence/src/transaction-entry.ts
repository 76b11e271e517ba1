import { fromBase64, type Hash, toBase64 } from './merkle.ts';

/** Everything that the log says of a sequence, but for its place. */
export interface LoggedTransaction {
  readonly source: string;
  readonly sequence: number;
  readonly kind: string;
  readonly transactionId: string;
  /** UTC with microseconds. */
  readonly commitTime: string;
  /** Number of events. */
  readonly count: number;
  /** Of the tree over the events' digests. */
  readonly root: Hash;
  /** Of what is set aside: the digest over its raw bytes, in hexadecimal. */
  readonly rawDigest?: string | null | undefined;
  /** Of a repair: the sequence that was set aside. */
  readonly repairs?: number | null | undefined;
}

/**
 * What is logged for a sequence: lines of a fixed order, each a word and its value. The id is a JSON string, because nothing is known of the
 * characters in it; one that UTF-8 cannot write stands as Postgres stores it.
 */
export const transactionEntry = (of: LoggedTransaction): string =>
  `audit-transaction/v1\nsource ${of.source}\nsequence ${of.sequence}\nkind ${of.kind}\nid ${JSON.stringify(of.transactionId.toWellFormed())}\n` +
  `committed ${of.commitTime}\nevents ${of.count}\nroot ${toBase64(of.root)}\n` +
  `${of.rawDigest == null ? '' : `raw ${of.rawDigest}\n`}${of.repairs == null ? '' : `repairs ${of.repairs}\n`}`;

const ENTRY =
  /^audit-transaction\/v1\nsource (.*)\nsequence (\d+)\nkind (\w+)\nid ("(?:[^"\\\n]|\\.)*")\ncommitted (\S+)\nevents (\d+)\nroot (\S+)\n(?:raw (\S+)\n)?(?:repairs (\d+)\n)?$/;

/** The transaction that an entry is of; undefined when the text is no entry. */
export function parseTransactionEntry(entry: string): LoggedTransaction | undefined {
  const [, source = '', sequence, kind = '', id = '', commitTime = '', count, root = '', rawDigest, repairs] =
    ENTRY.exec(entry) ?? [];
  const hash = fromBase64(root);
  if (hash === undefined) return undefined;
  return {
    source,
    sequence: Number(sequence),
    kind,
    transactionId: JSON.parse(id) as string,
    commitTime,
    count: Number(count),
    root: hash,
    ...(rawDigest !== undefined && { rawDigest }),
    ...(repairs !== undefined && { repairs: Number(repairs) }),
  };
}

import {
  type Checkpoint,
  fromBase64,
  isConsistent,
  type NoteSigner,
  type NoteVerifier,
  parseCheckpoint,
  parseNote,
  rootOf,
  signatureLine,
  signersOf,
} from '@overlay/evidence';

/** The newest checkpoint of each log that was cosigned. */
export interface Seen {
  readonly read: (origin: string) => Pick<Checkpoint, 'size' | 'root'> | undefined;
  /** On disk when it returns. */
  readonly write: (checkpoint: Checkpoint) => void;
}

export interface Reply {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
}

/** Answers one request of C2SP tlog-witness: cosigns a checkpoint that goes on from the one that was seen last, and refuses any other. */
export function addCheckpoint(
  { seen, logs, signer }: { readonly seen: Seen; readonly logs: readonly NoteVerifier[]; readonly signer: NoteSigner },
  request: string,
): Reply {
  const asked = parseRequest(request);
  if (!asked) return { status: 400, body: 'not a request of the form: old size, proof, empty line, checkpoint\n' };
  const { old, proof, note, checkpoint } = asked;
  const log = logs.find(({ name }) => name === checkpoint.origin);
  if (!log) return { status: 404, body: `the log ${checkpoint.origin} is not witnessed here\n` };
  if (!signersOf(note, [log]).includes(log)) return { status: 403, body: 'no good signature of the log\n' };
  if (old > checkpoint.size) return { status: 400, body: 'the old size is larger than that of the checkpoint\n' };
  const known = seen.read(checkpoint.origin) ?? { size: 0, root: rootOf([]) };
  if (known.size !== old || (old === checkpoint.size && known.root !== checkpoint.root))
    return { status: 409, type: 'text/x.tlog.size', body: `${known.size}\n` };
  if (!isConsistent(known, checkpoint, proof))
    return { status: 422, body: 'the log does not go on from what was seen\n' };
  seen.write(checkpoint);
  return { status: 200, body: signatureLine(signer.sign(note.text)) };
}

function parseRequest(request: string) {
  const end = request.indexOf('\n\n');
  const [oldLine = '', ...lines] = end < 0 ? [] : request.slice(0, end).split('\n');
  const [, old] = /^old (0|[1-9]\d{0,14})$/.exec(oldLine) ?? [];
  const proof = lines.map(fromBase64).filter((hash) => hash !== undefined);
  const note = parseNote(request.slice(end + 2));
  const checkpoint = note && parseCheckpoint(note.text);
  if (old === undefined || !note || !checkpoint || proof.length !== lines.length) return undefined;
  return { old: Number(old), proof, note, checkpoint };
}

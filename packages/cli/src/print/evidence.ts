import type { EventProof, Manifest, Verification } from '@overlay/api';
import { clean, cleanLine, type Paint } from '../io.ts';

type Finding = Verification['findings'][number];

/** The logs, what is wrong with them, and what was not compared. */
export function verificationLines({ logs, findings, unchecked }: Verification, paint: Paint): readonly string[] {
  const wrong = logs.reduce((count, log) => count + log.findings.length, findings.length);
  return [
    ...logs.flatMap((log) => [
      paint('bold', `source ${cleanLine(log.source)}`),
      `  sequences ${log.firstSequence} to ${log.lastSequence}, root ${log.root}`,
      `  recomputed ${log.recomputed} sequences with ${log.events} row changes; compared with ${log.checkpoints} checkpoints of the database and ${log.anchors} of anchors${log.anchoredUpTo === null ? '' : `, up to sequence ${log.anchoredUpTo}`}`,
      ...log.findings.map((finding) => `  ${paint('red', placeOf(finding))} ${cleanLine(finding.what)}`),
    ]),
    ...findings.map((finding) => `${paint('red', placeOf(finding))} ${cleanLine(finding.what)}`),
    ...unchecked.map((what) => `${paint('yellow', 'not checked')} ${cleanLine(what)}`),
    wrong === 0
      ? paint('green', 'The record is what was logged.')
      : paint('red', `The record is not what was logged: ${wrong} findings.`),
  ];
}

function placeOf({ source, first, last }: Finding): string {
  if (first === null) return `${cleanLine(source)}:`;
  return last === null || last === first ? `sequence ${first}:` : `sequences ${first} to ${last}:`;
}

export const provedLines = ({
  event: { row },
  signers,
}: EventProof & { readonly signers: readonly string[] }): readonly string[] => [
  `Proved: event ${row.eventId}, ${row.operation} in ${cleanLine(row.database)}.${cleanLine(row.table)}, is number ${row.ordinal} of sequence ${row.sequence} of ${cleanLine(row.source)}.`,
  `Signed by ${signers.join(', ')}.`,
  clean(row.body),
];

export const packedLines = ({
  source,
  firstSequence,
  lastSequence,
  events,
  signers,
}: Manifest & { readonly signers: readonly string[] }): readonly string[] => [
  `Proved: sequences ${firstSequence} to ${lastSequence} of ${cleanLine(source)}, each of them, with ${events} row changes.`,
  `Signed by ${signers.join(', ')}.`,
];

import {
  type DeadLetter,
  type DeadLetterList,
  type DeadLetters,
  type DeadLetterUnit,
  makeZone,
  type StageRequest,
  type Zone,
} from '@overlay/api';
import { cleanLine, type Paint } from '../io.ts';
import { type Cell, type Column, tableLines } from './table.ts';
import { plural, shortId } from './words.ts';

const COLUMNS: readonly Column[] = [
  { title: 'ID' },
  { title: 'SOURCE' },
  { title: 'STAGE' },
  { title: 'SEQUENCE', isNumber: true },
  { title: 'RECORDS', isNumber: true },
  { title: 'CODES' },
  { title: 'FOUND' },
  { title: 'STATE' },
];

export function deadLetterListLines({ units, timeZone }: DeadLetterList, paint: Paint): readonly string[] {
  if (units.length === 0) return ['No dead letters.'];
  const zone = makeZone(timeZone);
  const rows = units.map((unit): readonly Cell[] => [
    { text: shortId(unit.deadLetterId) },
    { text: cleanLine(unit.source) },
    { text: cleanLine(unit.stage) },
    { text: unit.sequence === null ? '-' : String(unit.sequence) },
    { text: String(unit.count) },
    { text: codesOf(unit) },
    { text: zone.timeOf(unit.lastFoundAt) },
    stateOf(unit),
  ]);
  return tableLines(COLUMNS, rows, paint);
}

const codesOf = ({ codes }: DeadLetterUnit): string =>
  Object.entries(codes)
    .map(([code, count]) => (count === 1 ? cleanLine(code) : `${cleanLine(code)} ×${count}`))
    .join(', ') || '-';

function stateOf({ repairedBy, isSetAside }: DeadLetterUnit): Cell {
  if (repairedBy !== null) return { text: `repaired by ${repairedBy}`, style: 'green' };
  return { text: isSetAside ? 'open: set aside' : 'open', style: 'yellow' };
}

export function deadLettersLines({ unit, letters, requests, timeZone }: DeadLetters, paint: Paint): readonly string[] {
  const zone = makeZone(timeZone);
  return [
    ...(unit === null ? [] : [...unitLines(unit, paint), '']),
    ...letters.flatMap((letter, index) => [...(index === 0 ? [] : ['']), ...letterLines(letter, zone, paint)]),
    ...requests.flatMap((request) => ['', ...requestLines(request, zone, paint)]),
  ];
}

function unitLines(unit: DeadLetterUnit, paint: Paint): readonly string[] {
  const state = stateOf(unit);
  const what = unit.transactionId === null ? '' : `, ${cleanLine(unit.transactionId)}`;
  return [
    `${paint('bold', `sequence ${unit.sequence ?? '-'} of source ${cleanLine(unit.source)}`)}${what}`,
    `  ${plural(unit.count, 'record', 'records')} at ${cleanLine(unit.stage)}: ${cleanLine(unit.detail)}`,
    `  ${state.style ? paint(state.style, state.text) : state.text}`,
  ];
}

function letterLines(letter: DeadLetter, zone: Zone, paint: Paint): readonly string[] {
  const { ordinal, deadLetterId, code, detail, stage, topic, partition, offset, digest, foundAt } = letter;
  return [
    `${ordinal === null ? '' : `${ordinal}. `}${paint('bold', deadLetterId)} ${code}`,
    `  ${cleanLine(detail)}`,
    `  ${cleanLine(stage)} found it ${zone.timeOf(foundAt)} at ${cleanLine(topic)}/${partition} offset ${offset}, SHA-256 ${digest}`,
    `  ${bytesText(letter)}`,
  ];
}

/** The bytes in one line, without anything that steers a terminal. */
function bytesText({ bytes, key, value, encoding }: DeadLetter): string {
  if (bytes === 'gone') return 'its bytes cannot be read any more: their key has expired, or is another one';
  if (bytes === 'sealed') return 'its bytes are sealed: KEYS_URL and DEAD_LETTER_KEY are not both set';
  const keyText = key === null ? '' : ` (key ${cleanLine(key)})`;
  if (value === null) return `no value${keyText}`;
  return `${encoding === 'base64' ? 'base64 ' : ''}${cleanLine(value)}${keyText}`;
}

/** The values, each as a line of a file that can be corrected and handed in; what would break a line or steer a terminal is escaped. */
export const valueLines = ({ letters }: DeadLetters): readonly string[] =>
  letters.filter(({ value }) => value !== null).map(({ value }) => fileLine(value ?? ''));

const fileLine = (value: string): string =>
  cleanLine(
    value
      .replace(/[\r\n]+/g, ' ')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are what is looked for
      .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, escaped),
  );

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

export function requestLines(request: Omit<StageRequest, 'meaning'>, zone: Zone, paint: Paint): readonly string[] {
  const { requestId, kind, stage, source, sequence, isCorrected, pack, requestedBy, requestedAt } = request;
  const what = pack
    ? `version ${pack.version} of pack ${cleanLine(pack.name)}`
    : `sequence ${sequence}${kind === 'republish' ? ' and above' : ''}`;
  return [
    `${paint('bold', requestId)} ${kind}${pack ? '' : ' of'} ${what}`,
    `  of ${cleanLine(stage)} in source ${cleanLine(source)}, by ${cleanLine(requestedBy)} ${zone.timeOf(requestedAt)}${isCorrected ? ', with corrected records' : ''}`,
    `  ${outcomeText(request, paint)}`,
  ];
}

function outcomeText({ outcome, refusal, effectSequence }: Omit<StageRequest, 'meaning'>, paint: Paint): string {
  if (outcome === null) return paint('yellow', 'not taken up yet');
  if (outcome === 'refused') return paint('red', `refused: ${cleanLine(refusal ?? '')}`);
  return paint('green', effectSequence === null ? 'done' : `done at sequence ${effectSequence}`);
}

import { type AuditedAct, makeZone, type SelfAudit } from '@overlay/api';
import { cleanLine, type Paint, type Style } from '../io.ts';
import { tableLines } from './table.ts';

const STYLES: Readonly<Partial<Record<AuditedAct['outcome'], Style>>> = {
  refused: 'yellow',
  failed: 'red',
  asked: 'dim',
};

/** A line for each act: when, who, what, with which filter, and what came of it. */
export function selfAuditLines({ acts, timeZone }: SelfAudit, paint: Paint): readonly string[] {
  if (acts.length === 0) return ['Nothing of that is on record.'];
  const zone = makeZone(timeZone);
  return tableLines(
    [
      { title: 'NUMBER', isNumber: true },
      { title: `TIME IN ${timeZone}` },
      { title: 'WHO' },
      { title: 'LOGIN' },
      { title: 'WHAT' },
      { title: 'OUTCOME' },
      { title: 'ROWS', isNumber: true },
      { title: 'FILTER' },
    ],
    acts.map((act) => [
      { text: String(act.sequence) },
      { text: zone.timeOf(act.at) },
      { text: cleanLine(whoOf(act)) },
      { text: cleanLine(act.login), style: 'dim' },
      { text: `${act.action} ${cleanLine(act.object)}`, style: 'bold' },
      {
        text: act.code === undefined ? act.outcome : `${act.outcome} (${cleanLine(act.code)})`,
        style: STYLES[act.outcome],
      },
      { text: act.rows === undefined ? '' : String(act.rows) },
      { text: cleanLine(filterOf(act)) },
    ]),
    paint,
  );
}

const whoOf = ({ by }: AuditedAct): string => (by.name === by.program ? by.name : `${by.name} (${by.program})`);

function filterOf({ arguments: given, reason, asked }: AuditedAct): string {
  const parts = Object.entries(given).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [
    ...parts,
    ...(reason === undefined ? [] : [`because: ${reason}`]),
    ...(asked === undefined ? [] : [`asked in ${asked}`]),
  ].join(' ');
}

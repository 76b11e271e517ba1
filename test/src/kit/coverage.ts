import { makeApi } from '@overlay/api';
import { testRecord } from '@overlay/api/testing';
import { lookAtCoverage } from '@overlay/coverage';
import { Source } from '@overlay/mysql';
import { storeCoverage } from '@overlay/storage';
import type { World } from './world.ts';

/** Asks the source once, as the reconciler does, and gives what `auditctl coverage` says is wrong. */
export async function coverageFindings({ record, name, mysqlUrl }: World): Promise<readonly string[]> {
  const source = await Source.connect(mysqlUrl);
  try {
    const look = await lookAtCoverage({ source, database: record, name });
    if (!look) return ['nothing has landed'];
    await storeCoverage(record, look.check, look.findings);
    const api = makeApi({ database: record, now: () => new Date(), record: testRecord(record) });
    const told = await api.coverage({ source: name });
    if (!told.ok) return [told.refusal.message];
    const { verdict, findings, isBeginningProven } = told.value;
    return [
      ...findings,
      ...(verdict === 'complete' || findings.length > 0 ? [] : [`the verdict is ${verdict}`]),
      ...(look.check.onTheWay === '' ? [] : [`${look.check.onTheWay} have not landed`]),
      ...(isBeginningProven ? [] : ['the beginning of the log is not proven']),
    ];
  } finally {
    await source.close();
  }
}

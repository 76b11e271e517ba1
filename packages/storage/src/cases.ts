import type { CaseAnomaly } from '@overlay/model';
import type { LedgerOf } from './ledger.ts';

/** Opens the cases that anomalies name for the first time; one that exists is left as people made it. */
export const openCases: NonNullable<LedgerOf<CaseAnomaly>['alsoLand']> = async (client, records) => {
  const anomalies = records.flatMap(({ record }) =>
    [...record.items].map((item) => ({ source: record.source, ...item })),
  );
  for (const { caseId, source, entityType, entityId, timestamp } of anomalies) {
    await client.query(
      `insert into audit.cases (case_id, source, entity_type, entity_id, opened_at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
      [caseId, source, entityType, entityId, timestamp],
    );
  }
};

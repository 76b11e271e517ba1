import type { SchemaVersion } from '@overlay/model';
import type { ClientBase } from 'pg';
import { withoutNul } from './copy.ts';

/** Writes versions of tables; one that is there stays as it is. */
export async function landSchemaVersions(client: ClientBase, versions: readonly SchemaVersion[]): Promise<void> {
  for (const version of versions) {
    await client.query(
      `insert into audit.schema_versions (source, sequence, ordinal, commit_time, kind, table_id, database_name, table_name, version,
          previous_database, previous_table, definition, defaults, loses_rows, gtid, binlog_file, binlog_position, statement)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) on conflict do nothing`,
      [
        version.source,
        version.sequence,
        version.ordinal,
        version.timestamp,
        version.kind,
        version.tableId,
        withoutNul(version.database),
        withoutNul(version.table),
        version.version,
        version.previousDatabase,
        version.previousTable,
        JSON.stringify({ columns: version.columns, key: version.key, renamedColumns: version.renamedColumns }),
        JSON.stringify(version.defaults),
        version.losesRows,
        version.gtid,
        version.file,
        version.position,
        withoutNul(version.statement),
      ],
    );
  }
}

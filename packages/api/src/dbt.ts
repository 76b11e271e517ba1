import { loadPack } from '@overlay/packs/load';
import { type PackView, packViewsOf, type ViewColumn } from '@overlay/storage';
import { stringify } from 'yaml';

/** Days back that tests of events look, so that they read the weeks that hold them and no others. */
const TEST_DAYS = "{{ var('audit_test_days', 8) }}";
const FRESHNESS = {
  loaded_at_field: 'committed_at',
  freshness: {
    warn_after: { count: 12, period: 'hour' },
    error_after: { count: 36, period: 'hour' },
    filter: "committed_at > current_timestamp - interval '60 days'",
  },
};

/**
 * A source package for dbt over the views of the pack of a folder: its files by their names. What is rolled up by day as a whole
 * is expected to come every day: it and all events together have a freshness. Throws Misconfigured with every mistake of the pack.
 */
export async function dbtPackage(directory: string): Promise<Readonly<Record<string, string>>> {
  const pack = await loadPack(directory);
  const project = `audit_overlay_${pack.name.replaceAll(/[.-]/g, '_')}`;
  const daily = new Set(pack.rollups.flatMap(({ event, by }) => (by === undefined ? [event] : [])));
  const views = packViewsOf(pack);
  const source = {
    name: project,
    description: `${pack.title}: what happened, as the audit record tells it`,
    schema: 'analyst',
    tables: [
      {
        name: 'business_events',
        description: 'What happened in the words of the domain, one row per event',
        config: FRESHNESS,
        columns: [{ name: 'event_id', description: 'Id of the business event', data_tests: testsOf('event_id') }],
      },
      ...views.map((view) => tableOf(view, view.event !== null && daily.has(view.event))),
    ],
  };
  const head = `# Generated: auditctl packs dbt <pack-dir> <folder>, version ${pack.version} of the pack\n`;
  return {
    'dbt_project.yml': `${head}${stringify({
      name: project,
      version: `${pack.version}.0.0`,
      'config-version': 2,
      'require-dbt-version': '>=1.10.0',
      'model-paths': ['models'],
    })}`,
    'models/sources.yml': `${head}${stringify({ version: 2, sources: [source] }, { lineWidth: 0, aliasDuplicateObjects: false })}`,
  };
}

const tableOf = (view: PackView, isDaily: boolean) => ({
  name: view.name,
  description: view.comment,
  ...(isDaily && { config: FRESHNESS }),
  columns: view.columns.map((column) => columnOf(column, view.event !== null)),
});

const columnOf = ({ name, type, comment }: ViewColumn, isOfEvents: boolean) => ({
  name,
  description: comment,
  data_type: type,
  ...(isOfEvents && REQUIRED_OF_EVENTS.includes(name) && { data_tests: testsOf(name) }),
  ...(!isOfEvents && REQUIRED_OF_DAYS.includes(name) && { data_tests: ['not_null'] }),
});

const REQUIRED_OF_EVENTS = ['event_id', 'source', 'sequence', 'committed_at', 'entity_id', 'confidence'];
const REQUIRED_OF_DAYS = ['source', 'day', 'events'];

/** Tests of a column that every event has. */
function testsOf(name: string): readonly object[] {
  const config = { where: `committed_at >= current_date - ${TEST_DAYS}` };
  return [{ not_null: { config } }, ...(name === 'event_id' ? [{ unique: { config } }] : [])];
}

import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startProgram } from '@overlay/infra';
import { auditctl } from './kit/auditctl.ts';
import { untilCaughtUp } from './kit/record.ts';
import { makePharmacy, makeWorld, PHARMACY_PACK, type World } from './kit/world.ts';

const STAGES = ['normalizer', 'inferencer'] as const;
const other = mkdtempSync(join(tmpdir(), 'overlay-rules-'));
let world: World;
let last: number;

beforeAll(async () => {
  world = await makeWorld({ name: 'rules', makeSource: makePharmacy });
  const generator = startProgram({
    file: 'generator/src/main.ts',
    arguments: ['history', '--days', '1', '--sales-per-day', '150', '--database', world.name, '--seed', '5'],
    environment: { MYSQL_URL: new URL('/', world.mysqlUrl).href },
    log: join(world.directory, 'generator.log'),
  });
  expect((await generator.exited).code).toBe(0);
  for (const stage of STAGES) world.pipeline.start(stage);
  last = await untilCaughtUp(world, STAGES);
  cpSync(PHARMACY_PACK, other, { recursive: true });
  edit('pack.yaml', /^version: \d+$/m, 'version: 99');
  edit('rules/sales.yaml', /^ {4}event: sale.completed$/m, '    event: sale.completed\n    confidence: 0.25');
}, 180_000);
afterAll(() => world?.close());

function edit(file: string, from: RegExp, to: string): void {
  const text = readFileSync(join(other, file), 'utf8');
  const edited = text.replace(from, to);
  expect(edited).not.toBe(text);
  writeFileSync(join(other, file), edited);
}

interface Report {
  readonly types: readonly { type: string; kept: number; added: number; removed: number; changed: number }[];
  readonly differences: readonly { kind: string; event: { type: string; confidence: number } }[];
  readonly transactions: number;
  readonly unexplainedRows: number;
  readonly faults: number;
  readonly faultDetails: readonly string[];
  readonly rebuild: number | null;
}

async function ask(...words: readonly string[]): Promise<Report> {
  const { said, code } = await auditctl(world, 'rules', ...words, '--json');
  expect({ said, code }).toMatchObject({ code: 0 });
  return JSON.parse(said) as Report;
}

const eventsOf = async (table: string): Promise<string> => {
  const [row] = await world.record.query<{ digest: string }>(
    `select md5(string_agg(sequence || ' ' || body::text, ',' order by sequence, ordinal)) as digest from audit.${table}`,
  );
  return row?.digest ?? '';
};

test('the pack in force makes of the log what stands', async () => {
  // What others define on this server meanwhile stands behind the last one.
  const report = await ask('replay', PHARMACY_PACK, '--to', String(last));
  expect(report.transactions).toBe(last);
  expect(report.types.length).toBeGreaterThan(3);
  expect(report.types.filter(({ added, removed, changed }) => added + removed + changed > 0)).toEqual([]);
  // From the middle on it knows the names that were learned before.
  const half = await ask('replay', PHARMACY_PACK, '--from', String(Math.floor(last / 2)));
  expect(half.types.filter(({ added, removed, changed }) => added + removed + changed > 0)).toEqual([]);
});

test('a changed rule is told event by event, and changes nothing', async () => {
  const before = await eventsOf('current_business_events');
  const { types, differences } = await ask('replay', other, '--limit', '2');
  const changed = types.filter((type) => type.changed > 0);
  expect(changed).toHaveLength(1);
  expect(changed[0]).toMatchObject({ kept: 0, added: 0, removed: 0 });
  expect(differences).toHaveLength(2);
  expect(differences[0]?.event.confidence).toBeLessThanOrEqual(0.25);
  expect(await eventsOf('current_business_events')).toBe(before);
});

test('a rebuild makes the events of a stretch hold, leaves what landed, and can be made again by the former pack', async () => {
  const [landed, before] = [await eventsOf('business_events'), await eventsOf('current_business_events')];
  expect(before).toBe(landed);
  const from = Math.floor(last / 2);
  expect(await ask('rebuild', other, '--from', String(from), '--by', 'an auditor')).toMatchObject({ rebuild: 1 });
  expect(await eventsOf('business_events')).toBe(landed);
  const counts = await world.record.query<{ is_rebuilt: boolean; low: number; rows: number }>(
    `select sequence >= $1 as is_rebuilt, count(*) filter (where confidence <= 0.25)::integer as low, count(*)::integer as rows
      from audit.current_business_events where event_type = 'sale.completed' group by 1 order by 1`,
    [from],
  );
  expect(counts[0]).toMatchObject({ is_rebuilt: false, low: 0 });
  expect(counts[1]?.low).toBe(counts[1]?.rows);
  expect(await ask('replay', other, '--from', String(from))).toMatchObject({ rebuild: null, faults: 0 });

  expect(await ask('rebuild', PHARMACY_PACK)).toMatchObject({ rebuild: 2 });
  expect(await eventsOf('current_business_events')).toBe(before);
  expect(await eventsOf('business_events')).toBe(landed);
});

test('days add up to what the events say, as they landed and where a rebuild has another word', async () => {
  const days = () =>
    world.record.query(
      `select source, day::text, branch_id, events::int, revenue from analyst.sale_completed_daily_by_branch_id where events > 0 order by 2, 3`,
    );
  const counted = () =>
    world.record.query(
      `select source, (committed_at at time zone 'America/Lima')::date::text as day, branch_id, count(*)::int as events,
        sum(total_amount) as revenue from analyst.sale_completed group by 1, 2, 3 order by 2, 3`,
    );
  expect(await days()).toEqual(await counted());
  expect((await days()).length).toBeGreaterThan(5);
  const before = await days();
  edit('rules/sales.yaml', /value: after.total_amount/, 'value: "\'7\'"');
  edit('pack.yaml', /^version: 99$/m, 'version: 100');
  expect(await ask('rebuild', other, '--from', String(Math.floor(last / 2)))).toMatchObject({ rebuild: 3 });
  expect(await days()).toEqual(await counted());
  expect(await days()).not.toEqual(before);
});

const unexplained = () =>
  world.record.query<{ table: string; rows: number }>(
    `select table_name as table, sum(row_count)::int as rows from analyst.unexplained_changes where source = '${world.name}' group by 1 order by 1`,
  );

test('what no rule explains is what the rules that hold leave', async () => {
  await ask('rebuild', PHARMACY_PACK);
  const before = await unexplained();
  edit(
    'rules/sales.yaml',
    /anchor: { table: sales, operations: \[INSERT\] }/,
    'anchor: { table: sales, operations: [INSERT], where: "false" }',
  );
  edit('rules/stock.yaml', /where: before.quantity_on_hand != after.quantity_on_hand$/m, 'where: "false"');
  edit('pack.yaml', /^version: 100$/m, 'version: 101');
  const { unexplainedRows } = await ask('rebuild', other);
  const after = await unexplained();
  expect(after.map(({ table }) => table)).toEqual(expect.arrayContaining(['sales']));
  expect(after.reduce((sum, { rows }) => sum + rows, 0)).toBe(unexplainedRows);
  await ask('rebuild', PHARMACY_PACK);
  expect(await unexplained()).toEqual(before);
});

test('where a rule cannot be evaluated nothing is rebuilt, unless that is asked for', async () => {
  await ask('rebuild', PHARMACY_PACK);
  const holding = await eventsOf('current_business_events');
  edit('rules/sales.yaml', /where: "false"/, 'where: after.totl == "1"');
  edit('pack.yaml', /^version: 101$/m, 'version: 102');
  const told = await auditctl(world, 'rules', 'replay', other);
  expect(told).toMatchObject({
    code: 1,
    said: expect.stringMatching(/could not be evaluated \d+ times:\n +rule sale.completed/),
  });
  expect(await auditctl(world, 'rules', 'rebuild', other)).toMatchObject({
    code: 1,
    said: expect.stringMatching(
      /in sequence \d+ rule sale.completed version \d+ could not be evaluated.*\n.*--despite-faults/,
    ),
  });
  expect(await eventsOf('current_business_events')).toBe(holding);
  expect(await auditctl(world, 'rules', 'rebuild', other, '--despite-faults')).toMatchObject({ code: 1 });
  expect(await eventsOf('current_business_events')).not.toBe(holding);
});

test('what cannot be replayed is said', async () => {
  expect(await auditctl(world, 'rules', 'replay', PHARMACY_PACK, '--from', '999999999')).toMatchObject({
    code: 3,
    said: expect.stringMatching(/sequences 1 to \d+/),
  });
  edit('rules/sales.yaml', /confidence: 0.25/, 'confidence: 0.5');
  expect(await auditctl(world, 'rules', 'rebuild', other)).toMatchObject({
    code: 1,
    said: expect.stringContaining("raise the pack's version"),
  });
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GtidSet } from '@overlay/model';
import fc from 'fast-check';
import {
  type CoverageCheck,
  countCoverage,
  readCoverageFindings,
  readCoverageIntervals,
  storeCoverage,
} from './index.ts';
import { makeScratch, type Scratch } from './testing/scratch.ts';

const A = 'bd8b0330-e549-11f1-b8b9-02fc00000001';
const B = 'ce9c0441-e549-11f1-b8b9-02fc00000002';

let scratch: Scratch;
beforeAll(async () => {
  scratch = await makeScratch();
});
afterAll(() => scratch?.drop());

const check = (more: Partial<CoverageCheck>): CoverageCheck => ({
  source: 'shop',
  serverUuid: A,
  beganAt: 'binlog.000001:4',
  beforeLog: '',
  isBeginningProven: true,
  executed: '',
  purged: '',
  onTheWay: '',
  foreign: '',
  obstacle: null,
  ...more,
});

/** Where the first stage stands. */
async function land(gtids: string): Promise<void> {
  await scratch.database.query(
    `insert into audit.heads (stage, source, revision, landed, published, gtids) values ('normalizer', 'shop', 1, 1, 1, $1)
      on conflict (stage, source) do update set gtids = excluded.gtids, revision = audit.heads.revision + 1`,
    [gtids],
  );
}

const statesOf = async () =>
  (await readCoverageIntervals(scratch.database, 'shop')).map(
    ({ server, first, last, state }) => `${server}:${first}-${last} ${state}`,
  );

test('Postgres reads a set of GTIDs as we do: several servers, tags, spaces and lines between them', async () => {
  const range = fc.tuple(fc.constantFrom(A, B, `${A}:one`, `${B}:two`), fc.integer({ min: 1, max: 99 }), fc.nat(9));
  await fc.assert(
    fc.asyncProperty(fc.array(range, { maxLength: 12 }), fc.constantFrom(',', ', ', ',\n'), async (given, comma) => {
      const set = GtidSet.of(given.map(([server, first, more]) => ({ server, first, last: first + more })));
      const rows = await scratch.database.query<{ server: string; first: string; last: string }>(
        'select server, lower(r) as first, upper(r) - 1 as last from audit.gtid_ranges($1), unnest(numbers) as r order by 1, 2',
        [String(set).replaceAll(',', comma)],
      );
      const found = GtidSet.of(
        rows.map(({ server, first, last }) => ({ server, first: Number(first), last: Number(last) })),
      );
      expect(String(found)).toBe(String(set));
    }),
    { numRuns: 100 },
  );
  const [row] = await scratch.database.query('select * from audit.gtid_ranges($1)', [`${A}:1-3:5:one:7,${B}:2`]);
  expect(row).toMatchObject({ server: A, numbers: '{[1,4),[5,6)}' });
});

test('every transaction has one state; what was a gap and landed after all is landed', async () => {
  await land(`${A}:10-20,${B}:one:1-3`);
  const gap = { source: 'shop', server: A, first: 21, last: 23, verdict: 'gap', cause: 'purged' } as const;
  const harmless = { ...gap, first: 24, last: 24, verdict: 'no_captured_row', cause: 'GRANT' } as const;
  const nothing = { afterSequence: null, afterTime: null };
  await storeCoverage(
    scratch.database,
    check({ beforeLog: `${A}:1-9`, executed: `${A}:1-30,${B}:one:1-5`, onTheWay: `${A}:25-26`, foreign: `${B}:one:3` }),
    [
      { ...gap, afterSequence: 7, afterTime: '2026-11-21T10:00:00.123456Z' },
      { ...harmless, ...nothing },
    ],
  );
  expect(await statesOf()).toEqual([
    `${A}:1-9 before_log`,
    `${A}:10-20 landed`,
    `${A}:21-23 gap`,
    `${A}:24-24 no_captured_row`,
    `${A}:25-26 on_the_way`,
    `${A}:27-30 unexplained`,
    `${B}:one:1-3 landed`,
    `${B}:one:3-3 unknown_to_source`,
    `${B}:one:4-5 unexplained`,
  ]);
  expect(await readCoverageFindings(scratch.database, 'shop')).toMatchObject([
    { first: 21, last: 23, afterSequence: 7, afterTime: '2026-11-21T10:00:00.123456Z' },
    { first: 24, last: 24, cause: 'GRANT', afterTime: null },
  ]);

  await land(`${A}:10-22:25,${B}:one:1-3`);
  expect(await statesOf()).toEqual(
    expect.arrayContaining([`${A}:10-22 landed`, `${A}:23-23 gap`, `${A}:25-25 landed`, `${A}:26-26 on_the_way`]),
  );
  expect(await countCoverage(scratch.database)).toContainEqual({ source: 'shop', state: 'gap', count: 1 });
});

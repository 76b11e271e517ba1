import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { identify } from '@overlay/evidence';
import type { Ask, Model } from '@overlay/llm';
import { Narrative } from '@overlay/model';
import { Trouble } from '@overlay/runtime';
import { type Database, makeRecorder, type RecordAct, readActs } from '@overlay/storage';
import { makeScratch, type Scratch } from '@overlay/storage/testing';
import { makeDailySummaries } from './daily-summaries.ts';

const SOURCE = 'shops';
const pack = {
  title: 'Corner shops',
  timeZone: 'America/Lima',
  currency: 'PEN',
  report: {
    sections: [
      { id: 'orders', title: 'Orders', eventType: 'order.completed', measure: { kind: 'count' as const } },
      {
        id: 'revenue',
        title: 'Revenue',
        eventType: 'order.completed',
        measure: { kind: 'sum' as const, path: 'total' },
        unit: 'currency',
      },
    ],
  },
};
const NOW = new Date('2026-11-21T18:00:00Z');

let scratch: Scratch;
let database: Database;
let record: RecordAct;

beforeAll(async () => {
  scratch = await makeScratch();
  database = scratch.database;
  record = makeRecorder(database, { kind: 'model', name: 'scripted', program: 'summarizer', version: '0' });
  await land(1, '2026-11-19T15:00:00Z', '10.10');
  await land(2, '2026-11-20T15:00:00Z', '20.20');
  await land(3, '2026-11-21T15:00:00Z', '30.30');
  await land(4, '2026-11-22T15:00:00Z', '40.40'); // ahead of the clock
  await stand(4);
});
afterAll(() => scratch?.drop());

async function land(sequence: number, commitTime: string, total: string): Promise<void> {
  for (const table of ['transactions', 'business_events'])
    await database.query('select audit.ensure_week($1, $2::date)', [table, commitTime.slice(0, 10)]);
  await database.query(`insert into audit.transactions values ($2, $4, 1, $1, 'transaction', $3)`, [
    SOURCE,
    sequence,
    `gtid:${sequence}`,
    commitTime,
  ]);
  await database.query(
    `insert into audit.business_events values ($1, $2, 1, $3, $4, 'order.completed', 'order', $5, null, null, 'unknown', 1, $6)`,
    [
      SOURCE,
      sequence,
      commitTime,
      identify('event', sequence),
      String(sequence),
      JSON.stringify({ payload: { total } }),
    ],
  );
}

async function stand(sequence: number): Promise<void> {
  for (const stage of ['normalizer', 'inferencer', 'anomaly-scorer'])
    await database.query(
      `insert into audit.heads (stage, source, revision, landed, published) values ($1, $2, 1, $3, $3)
        on conflict (stage, source) do update set landed = excluded.landed`,
      [stage, SOURCE, sequence],
    );
}

const lines: { fields: object; message: string }[] = [];
const told = (fields: object, message?: string): void => void lines.push({ fields, message: message ?? '' });
const logger = { info: told, warn: told } as unknown as Parameters<typeof makeDailySummaries>[0]['logger'];

async function stored(): Promise<readonly { from: Date; id: string; sequence: string | null; narrative: Narrative }[]> {
  const rows = await database.query<{
    commit_time: Date;
    narrative_id: string;
    sequence: string | null;
    body: unknown;
  }>(
    'select commit_time, narrative_id, sequence, body from audit.narratives order by commit_time, as_of_sequence, author',
  );
  return rows.map((row) => ({
    from: row.commit_time,
    id: row.narrative_id,
    sequence: row.sequence,
    narrative: Narrative.parse(row.body),
  }));
}

test('each closed day and today get a summary by template, once', async () => {
  const refresh = makeDailySummaries({ database, pack, record, logger });
  expect(await refresh(SOURCE, NOW)).toEqual([
    { subject: '2026-11-19', asOfSequence: 1, author: 'template' },
    { subject: '2026-11-20', asOfSequence: 2, author: 'template' },
    { subject: '2026-11-21', asOfSequence: 3, author: 'template' },
  ]);
  expect(await refresh(SOURCE, NOW)).toEqual([]);
  expect(await makeDailySummaries({ database, pack, record, logger })(SOURCE, NOW)).toEqual([]);

  const all = await stored();
  expect(all.map(({ from }) => from.toISOString())).toEqual([
    '2026-11-19T05:00:00.000Z',
    '2026-11-20T05:00:00.000Z',
    '2026-11-21T05:00:00.000Z',
  ]);
  expect(all[1]?.id).toBe(identify('daily_summary', SOURCE, '2026-11-20', 2, 'template'));
  expect(all[1]?.sequence).toBeNull();
  expect(all[1]?.narrative).toMatchObject({ kind: 'daily_summary', title: 'Corner shops, Friday 20 November 2026' });
  expect(all[1]?.narrative.text).toContain('Orders       1\n  Revenue  20.20 PEN');
});

test('a day that was ahead of the clock is written when it has come', async () => {
  const refresh = makeDailySummaries({ database, pack, record, logger });
  await refresh(SOURCE, NOW);
  expect(await refresh(SOURCE, new Date('2026-11-22T18:00:00Z'))).toMatchObject([
    { subject: '2026-11-22', asOfSequence: 4 },
  ]);
});

test('records that come later for a written day make a new summary with their bound', async () => {
  const refresh = makeDailySummaries({ database, pack, record, logger });
  await refresh(SOURCE, NOW);
  await land(5, '2026-11-20T16:00:00Z', '0.01');
  await stand(5);
  expect(await refresh(SOURCE, NOW)).toEqual([{ subject: '2026-11-20', asOfSequence: 5, author: 'template' }]);
  const last = (await stored()).findLast(({ narrative }) => narrative.subject === '2026-11-20');
  expect(last?.narrative.text).toContain('Revenue  20.21 PEN');
});

test('nothing is written while a stage has not begun', async () => {
  expect(await makeDailySummaries({ database, pack, record, logger })('other', NOW)).toEqual([]);
});

/** A model that says what the script says. */
function scripted(...answers: (unknown | Error)[]): Model & { readonly asked: Ask[] } {
  const asked: Ask[] = [];
  const complete = async (ask: Ask): Promise<unknown> => {
    asked.push(ask);
    const answer = answers[asked.length - 1];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { name: `tiny-${answers.length}-${randomUUID().slice(0, 4)}`, complete, asked };
}

const SOUND = { sentences: ['The day brought {F4.value} in {F3.value} orders.'] };

test('sound prose of a model stands above the figures, under its name', async () => {
  const model = scripted(SOUND, SOUND, SOUND, SOUND, SOUND);
  const written = await makeDailySummaries({ database, pack, model, record, logger })(SOURCE, NOW);
  expect(written.map(({ author }) => author)).toEqual([model.name, model.name, model.name]);
  const mine = (await stored()).filter(({ narrative }) => narrative.author === model.name);
  expect(mine[0]?.narrative.text).toContain(
    'day in America/Lima\n\nThe day brought 10.10 PEN in 1 orders.\n\n  Orders',
  );
  expect(model.asked[0]?.user).not.toContain('10.10');
  const { acts } = await readActs(database, {}, 10);
  const given = { action: 'read', object: 'day_facts', by: { kind: 'model', name: 'scripted' } };
  expect(acts).toMatchObject(
    ['2026-11-19', '2026-11-20', '2026-11-21'].map((day) => ({ ...given, arguments: { source: SOURCE, day } })),
  );
});

test('prose with figures of its own is refused, asked for once more, and then the template stands in', async () => {
  await land(6, '2026-11-21T16:00:00Z', '1.00');
  await stand(6);
  const invented = { sentences: ['Revenue was 1,000,000 PEN.'] };
  const refresh = (model: Model) => makeDailySummaries({ database, pack, model, record, logger })(SOURCE, NOW);
  const today = (written: Awaited<ReturnType<typeof refresh>>) =>
    written.filter(({ subject }) => subject === '2026-11-21');

  const stubborn = scripted(...Array(6).fill(invented));
  expect(today(await refresh(stubborn))).toEqual([{ subject: '2026-11-21', asOfSequence: 6, author: 'template' }]);
  expect(JSON.parse(stubborn.asked[1]?.user ?? '')).toHaveProperty('refused');
  expect(lines.at(-1)?.message).toBe('daily summary written');
  expect(lines.map(({ message }) => message)).toContain('prose of the model was refused, the template stands in');

  const learning = scripted(invented, SOUND, invented, SOUND, invented, SOUND);
  expect(today(await refresh(learning))).toEqual([{ subject: '2026-11-21', asOfSequence: 6, author: learning.name }]);
});

test('a model that is away is reported and the template stands in', async () => {
  await land(7, '2026-11-21T17:00:00Z', '2.00');
  await stand(7);
  const away = scripted(...Array(3).fill(new Trouble('model.unreachable', 'refused')));
  const written = await makeDailySummaries({ database, pack, model: away, record, logger })(SOURCE, NOW);
  expect(written).toEqual([{ subject: '2026-11-21', asOfSequence: 7, author: 'template' }]);
  expect(lines.map(({ message }) => message)).toContain('model failed, the template stands in');
});

test('a model is given nothing that cannot be put on record', async () => {
  await land(8, '2026-11-21T17:30:00Z', '1.00');
  await stand(8);
  const model = scripted(SOUND, SOUND, SOUND);
  const refuse = async () => {
    throw new Error('the disk is full');
  };
  await expect(makeDailySummaries({ database, pack, model, record: refuse, logger })(SOURCE, NOW)).rejects.toThrow(
    'disk',
  );
  expect(model.asked).toEqual([]);
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BinlogPurged, readBinlogFiles, readGroups } from './binlog.ts';
import { Source } from './connect.ts';

let source: Source;

beforeAll(async () => {
  const url = process.env.OVERLAY_TEST_MYSQL_URL;
  if (!url) throw new Error('OVERLAY_TEST_MYSQL_URL is not set: run this test through `npm test`');
  source = await Source.connect(Object.assign(new URL(url), { pathname: '/mysql' }).href);
});
afterAll(() => source?.close());

test('a file that is gone by the time it is read is told from every other failure', async () => {
  const files = await readBinlogFiles(source);
  expect(files.length).toBeGreaterThan(0);
  await expect(readGroups(source, 'binlog.000000').next()).rejects.toThrow(BinlogPurged);
  await expect(readGroups(source, files[0]?.name ?? '', -1).next()).rejects.not.toThrow(BinlogPurged);
});

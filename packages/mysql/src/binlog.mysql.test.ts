import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BinlogPurged, readBinlogFiles, readGroups } from './binlog.ts';
import type { Source } from './connect.ts';
import { connectTestServer } from './testing/test-server.ts';

let source: Source;

beforeAll(async () => {
  source = await connectTestServer();
});
afterAll(() => source?.close());

test('a file that is gone by the time it is read is told from every other failure', async () => {
  const files = await readBinlogFiles(source);
  expect(files.length).toBeGreaterThan(0);
  await expect(readGroups(source, 'binlog.000000').next()).rejects.toThrow(BinlogPurged);
  await expect(readGroups(source, files[0]?.name ?? '', -1).next()).rejects.not.toThrow(BinlogPurged);
});

import { Source } from '../connect.ts';

/** A connection to the MySQL that the tests are given. */
export function connectTestServer(): Promise<Source> {
  const url = process.env.OVERLAY_TEST_MYSQL_URL;
  if (!url) throw new Error('OVERLAY_TEST_MYSQL_URL is not set: run this test through `npm test`');
  return Source.connect(Object.assign(new URL(url), { pathname: '/mysql' }).href);
}

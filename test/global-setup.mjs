// Starts the real servers once for all tests that need them; their addresses reach the tests through the environment.
import { printProgress, startStack } from '@overlay/infra';

export default async function globalSetup() {
  const stack = await startStack({ name: `test-${process.pid}`, onProgress: printProgress });
  globalThis.overlayStack = stack;
  const { mysql, replication, kafka, registry, connect, postgres } = stack;
  process.env.OVERLAY_TEST_MYSQL_URL = `mysql://${mysql.user}:${mysql.password}@${mysql.host}:${mysql.port}`;
  process.env.OVERLAY_TEST_REPLICATION_FILE = replication.file;
  process.env.OVERLAY_TEST_KAFKA_BROKERS = kafka.brokers.join();
  process.env.OVERLAY_TEST_REGISTRY_URL = registry.url;
  process.env.OVERLAY_TEST_CONNECT_URL = connect.url;
  process.env.OVERLAY_TEST_POSTGRES_URL = postgres.url;
}

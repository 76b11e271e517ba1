import { runCommand } from './command.ts';
import { jarsOf } from './java.ts';
import { requireJdk } from './jdk.ts';
import { KAFKA_POM } from './kafka.ts';
import { mavenFolder } from './maven.ts';

/**
 * Runs one of Kafka's own command line tools, by its class (`org.apache.kafka.tools.TopicCommand`), and returns what it prints: for tests and by hand,
 * where something is to be done to a broker that no program of ours does. Throws with its last words when it fails.
 */
export async function runKafkaTool(tool: string, toolArguments: readonly string[]): Promise<string> {
  const [jdk, libraries] = [await requireJdk(), await mavenFolder('kafka', KAFKA_POM, () => {})];
  return runCommand(jdk.java, ['-Xmx256m', '-cp', jarsOf(libraries), tool, ...toolArguments]);
}

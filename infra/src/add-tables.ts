import { type ConnectorOptions, type ConnectorTarget, registerConnector } from './connector.ts';
import { askForRows } from './signals.ts';

const NOT_FOUND = 404;

/**
 * Changes what a source's connector captures and asks it for the rows of these tables (`database.table`), which it has not captured before. The
 * connector goes on where it was. It is taken down first: one that still runs by its old configuration would take the request, and drop it.
 * Gives the id of the request.
 */
export async function addTables(
  target: ConnectorTarget,
  options: ConnectorOptions,
  tables: readonly string[],
): Promise<string> {
  const url = `${target.connect.url}/connectors/${encodeURIComponent(options.source)}`;
  const answer = await fetch(url, { method: 'DELETE', ...(options.signal && { signal: options.signal }) });
  if (!answer.ok && answer.status !== NOT_FOUND)
    throw new Error(
      `Connect does not take the connector ${options.source} down: ${answer.status} ${await answer.text()}`,
    );
  await registerConnector(target, options);
  return askForRows(target.kafka.brokers, options.source, tables);
}

/** Base of the registry's own API, from that of its Confluent-compatible one. */
const ownApi = (registryUrl: string): string => new URL('/apis/registry/v2', registryUrl).href;

/**
 * Settings of a connector, source or sink, that make it write or read Avro with schemas in the registry: pass them as `overrides` to
 * `registerConnector`, on a stack with `connectPlugins: ['avro-converter']`. On the wire: 00, the schema's id in 4 bytes, Avro. One topic
 * may hold many kinds of records: a schema is registered for each topic and record name. `registryUrl` is that of `Endpoints`.
 */
export function avroConverter(registryUrl: string): Record<string, string> {
  const settings = {
    '': 'io.apicurio.registry.utils.converter.AvroConverter',
    '.apicurio.registry.url': ownApi(registryUrl),
    '.apicurio.registry.auto-register': 'true',
    '.apicurio.registry.find-latest': 'false',
    '.apicurio.registry.as-confluent': 'true',
    '.apicurio.registry.use-id': 'contentId',
    '.apicurio.registry.headers.enabled': 'false',
    '.apicurio.registry.artifact-resolver-strategy': 'io.apicurio.registry.serde.avro.strategy.TopicRecordIdStrategy',
  };
  const entries = ['key', 'value'].flatMap((side) =>
    Object.entries(settings).map(([name, value]) => [`${side}.converter${name}`, value] as const),
  );
  return Object.fromEntries(entries);
}

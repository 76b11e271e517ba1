import { avroConverter } from '@overlay/infra';
import { type Benchmark, rounded } from './benchmark.ts';
import { connectBroker, startCaptures, stopConnector } from './capture.ts';
import { stream } from './flow.ts';
import { landAlone, oursOf, report } from './land.ts';
import type { Stretch } from './samples.ts';
import { foundShop } from './shop.ts';

/** The same changes as JSON and as Avro: what Debezium's side spends to write a topic of each, and what the normalizer spends to land it. */
export const formats: Benchmark = {
  name: 'formats',
  what: 'raw topics in JSON and in Avro: written by Debezium, landed by the normalizer',
  rows: 500_000,
  async run(bench) {
    const stack = await bench.startServers({ connectPlugins: ['avro-converter'] });
    const shop = await foundShop(stack, bench.directory);
    bench.onEnd(() => shop.close());
    const broker = await connectBroker(stack);
    bench.onEnd(() => broker.close());
    const avro = avroConverter(stack.registry.url);
    const captures = await startCaptures(stack, broker, shop.connection, {
      warmJson: { source: 'warmjson' },
      warmAvro: { source: 'warmavro', overrides: avro },
      json: { source: 'json' },
      avro: { source: 'avro', overrides: avro },
    });
    for (const { source } of Object.values(captures)) await stopConnector(stack, source);
    bench.tell(`loading ${bench.rows} rows`);
    await shop.load(bench.rows);
    for (const warm of [captures.warmJson, captures.warmAvro]) await stream(bench, stack, broker, warm);
    const written = {
      json: await stream(bench, stack, broker, captures.json),
      avro: await stream(bench, stack, broker, captures.avro),
    };
    const landed = {
      json: (await landAlone(bench, stack, captures.json, 'landedjson')).stretch,
      avro: (await landAlone(bench, stack, captures.avro, 'landedavro')).stretch,
    };
    for (const format of ['json', 'avro'] as const) {
      report(bench, `Debezium writing ${format}`, written[format]);
      report(bench, `landing ${format}`, landed[format]);
    }
    const figures = (['json', 'avro'] as const).map((format) => ({
      [`${format}_rows_per_s`]: rounded(landed[format].rows_per_s),
      [`${format}_cpu_us_per_row`]: rounded(oursOf(landed[format])),
      [`${format}_source_rows_per_s`]: rounded(written[format].rows_per_s),
      [`${format}_source_cpu_us_per_row`]: rounded(sourceOf(written[format])),
    }));
    return Object.assign({}, ...figures);
  },
};

/** What it costs to fill the topic. */
const sourceOf = ({ cpu_us_per_row: { connect = 0, kafka = 0 } }: Stretch): number => connect + kafka;

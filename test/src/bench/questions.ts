import { Database } from '@overlay/storage';
import { type Bench, type Figures, rounded } from './benchmark.ts';

/** Each question is asked this often, the best answer counts: the first may read from disk. */
const TRIES = 3;

/** What analysts of the pharmacy ask of the views of its pack, by the day before the last that has sales: the last may have only begun. */
const questionsOn = (day: string): Readonly<Record<string, string>> => {
  const on = `committed_at >= timestamptz '${day} 05:00Z' and committed_at < timestamptz '${day} 05:00Z' + interval '1 day'`;
  const inWeek = `committed_at >= timestamptz '${day} 05:00Z' - interval '6 days' and committed_at < timestamptz '${day} 05:00Z' + interval '1 day'`;
  return {
    revenue_by_day: 'select day, events, revenue from analyst.sale_completed_daily order by day',
    revenue_by_branch:
      'select branch_id, max(branch), sum(revenue) from analyst.sale_completed_daily_by_branch_id group by branch_id order by 3 desc',
    units_lost_by_reason:
      'select reason, sum(events), sum(units) from analyst.inventory_adjustment_daily_by_reason group by reason order by 3',
    one_sale:
      "select * from analyst.sale_completed where entity_type = 'sale' and entity_id = (select entity_id from analyst.sale_completed order by committed_at desc limit 1)",
    newest_sales: 'select * from analyst.sale_completed order by committed_at desc limit 100',
    sales_by_hour: `select date_trunc('hour', occurred_at), count(*), sum(total_amount) from analyst.sale_completed where ${on} group by 1 order by 1`,
    largest_of_week: `select sale_id, branch, cashier, total_amount from analyst.sale_completed where ${inWeek} order by total_amount desc limit 10`,
    revenue_by_cashier: `select cashier_id, max(cashier), count(*), sum(total_amount) from analyst.sale_completed where ${inWeek} group by 1 order by 4 desc`,
    thefts_by_product: `select product_id, max(product), sum(delta) from analyst.inventory_adjustment where reason = 'THEFT' and ${inWeek} group by 1 order by 3 limit 20`,
    anomalies_of_week: `select family, severity, count(*) from analyst.anomalies where ${inWeek} group by 1, 2 order by 3 desc`,
    count_of_sales: 'select count(*) from analyst.sale_completed',
    unexplained:
      'select table_name, operation, sum(row_count) from analyst.unexplained_changes group by 1, 2 order by 3 desc',
  };
};

/** Asks each question as an analyst would. Gives the milliseconds of each until its answer is there, as `<question>_ms`. */
export async function askQuestions(bench: Bench, analystUrl: string): Promise<Figures> {
  const views = new Database(analystUrl, 1);
  bench.onEnd(() => views.close());
  const [last] = await views.query<{ day: string }>(
    "select to_char(max(day) - 1, 'YYYY-MM-DD') as day from analyst.sale_completed_daily",
  );
  if (!last?.day) throw new Error('no day has sales: the views of the pack are empty');
  const figures: Record<string, number> = {};
  for (const [question, sql] of Object.entries(questionsOn(last.day))) {
    const times: number[] = [];
    let count = 0;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const begin = performance.now();
      count = (await views.query(sql)).length;
      times.push(performance.now() - begin);
    }
    bench.tell(`${question}: ${times.map((ms) => ms.toFixed(1)).join(', ')} ms, ${count} rows`);
    figures[`${question}_ms`] = rounded(Math.min(...times));
  }
  return figures;
}

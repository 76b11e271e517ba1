import { type Keys, missingKeys, needOf, planOf, type RawImage, type TablePolicy } from '@overlay/canonical';
import { domainKeyOf, type SubjectKey, subjectKeyOf, subjectName } from '@overlay/sealing';
import { type Change, makeCanonicalize } from '../canonicalize.ts';

/**
 * What sealing costs: processor time for an image with two sealed columns, above that of the same image without a policy, both measured by turns; the
 * median of the rounds. Prints JSON. Values are all
 * different, so that no token is remembered from before; rows come twenty to a transaction, of ten thousand subjects; keys are at hand.
 */
const ROWS = 20_000;
const ROUNDS = 9;
const SUBJECTS = 10_000;
const ROWS_PER_TRANSACTION = 20;
const SOURCE = 'bench';

const NAMES = ['id', 'email', 'phone', 'name', 'city', 'amount', 'quantity', 'note', 'state', 'updated_by'];
const COLUMNS = NAMES.map((name) => ({
  name,
  type: ['id', 'quantity', 'updated_by'].includes(name) ? 'INT' : 'VARCHAR',
  length: 100,
  scale: null,
  labels: null,
  charset: 'utf8mb4',
  isNullable: true,
  default: null,
  isFilledIn: false,
}));
const POLICY: TablePolicy = {
  domain: 'bench',
  table: 'people',
  columns: new Map(['email', 'phone'].map((name) => [name, { policy: 'seal', subject: ['id'] }])),
};

function keysOf(): Keys {
  const domain = domainKeyOf(Buffer.alloc(32, 1));
  const subjects = new Map<string, SubjectKey>();
  for (let id = 0; id < SUBJECTS; id++) {
    const need = needOf('bench', subjectName(SOURCE, 'people', [String(id)]));
    subjects.set(need, subjectKeyOf(String(id), Buffer.alloc(32, `key ${id}`)));
  }
  return { domain: () => domain, subject: (need) => subjects.get(need) };
}

const imageOf = (row: number): RawImage => ({
  id: row % SUBJECTS,
  email: `somebody.${row}@example.com`,
  phone: `+51 999 ${row}`,
  name: 'Somebody Else',
  city: 'Lima',
  amount: '12.50',
  quantity: 7,
  note: 'nothing of note',
  state: 'open',
  updated_by: 3,
});

const origin = { connector: 'mysql', version: '3', file: 'binlog.000001', row: 0, thread: 7, gtid: null };

/** Writes so many rows, each another one than before; gives the processor time for each image, in microseconds. */
function makeWriter(isSealed: boolean, imagesPerRow: 1 | 2): (rows: number) => number {
  const keys = keysOf();
  const write = makeCanonicalize(keys);
  const tokenize = (text: string): string => keys.domain('bench')?.tokenize(text) ?? '';
  const definition = { version: 1, columns: COLUMNS, key: ['id'] };
  const plan = planOf(definition, isSealed ? { policy: POLICY, tokenize } : {});
  let row = 1_000_000;
  return (rows) => {
    const begin = process.threadCpuUsage();
    for (const end = row + rows; row < end; row++) {
      const after = imageOf(row);
      const change: Change = {
        database: 'shop',
        table: 'people',
        operation: imagesPerRow === 2 ? 'UPDATE' : 'INSERT',
        before: imagesPerRow === 2 ? { ...after, state: 'new' } : null,
        after,
        timestamp: 1_700_000_000_000_000,
        origin: { ...origin, position: row },
      };
      if (plan.sealing) missingKeys(plan.sealing, change, SOURCE, keys);
      const transactionId = `3e11fa47-71ca-11e1-9e33-c80aa9429562:${Math.floor(row / ROWS_PER_TRANSACTION)}`;
      write(change, { source: SOURCE, sequence: 1, transactionId, order: row % ROWS_PER_TRANSACTION }, plan);
    }
    const { user, system } = process.threadCpuUsage(begin);
    return (user + system) / (rows * imagesPerRow);
  };
}

function cost(imagesPerRow: 1 | 2): number {
  const [sealed, plain] = [makeWriter(true, imagesPerRow), makeWriter(false, imagesPerRow)];
  const round = (): number => sealed(ROWS) - plain(ROWS);
  round(); // warms up
  const costs = Array.from({ length: ROUNDS }, round).toSorted((a, b) => a - b);
  return Math.round(10 * (costs[Math.floor(ROUNDS / 2)] ?? 0)) / 10;
}

process.stdout.write(
  `${JSON.stringify({ sealing_us_per_image: cost(1), sealing_us_per_image_of_updates: cost(2) })}\n`,
);

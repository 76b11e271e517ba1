import { type GtidRange, GtidSet } from '@overlay/model';
import { type BinlogFile, type BinlogGroup, readGroups, type Source } from '@overlay/mysql';
import { type Effect, effectOf } from './captured.ts';

/** Transactions that the log lacks, by what the binary log shows of them. */
export interface Search {
  /** They changed nothing that is captured. */
  readonly empty: readonly Explained[];
  /** They changed what is captured, and something behind them landed. */
  readonly passed: readonly Passed[];
  /** They changed what is captured, and nothing behind them has landed; or there are so many of them that nobody looked. */
  readonly onTheWay: GtidSet;
  /** They are in no file of the binary log. */
  readonly unseen: GtidSet;
}

interface Explained extends GtidRange {
  readonly what: string;
}

export interface Passed extends Explained {
  /** The last transaction before them that landed. */
  readonly after: string | undefined;
}

/** So many transactions behind the last one that landed are looked at one by one; more of them are a log that is behind, not holes. */
const TAIL_MAX = 10_000;

/**
 * Looks for transactions that the log lacks in the binary log, file by file, only in those that hold one of them. Order tells what was passed: what landed
 * was read in the order of the binary log.
 */
export async function searchBinlog(
  source: Source,
  {
    missing,
    landed,
    files,
    executed,
  }: {
    readonly missing: GtidSet;
    readonly landed: GtidSet;
    readonly files: readonly BinlogFile[];
    readonly executed: GtidSet;
  },
): Promise<Search> {
  const search = new Searching(source.database);
  let left = missing;
  for (const [at, { name, previous }] of files.entries()) {
    const held = (files[at + 1]?.previous ?? executed).minus(previous);
    const [wanted, landedHere] = [left.and(held), landed.and(held)];
    if (!wanted.isEmpty) await search.searchFile(readGroups(source, name), wanted, landedHere);
    else if (!landedHere.isEmpty) search.pass();
    left = left.minus(wanted);
  }
  return search.end(missing, left);
}

/** The state of one pass over the binary log. */
export class Searching {
  readonly #empty = new Runs<Explained>();
  readonly #passed = new Runs<Passed>();
  #waiting: Passed[] = [];
  #lastLanded: string | undefined;
  readonly #database: string;

  constructor(database: string) {
    this.#database = database;
  }

  async searchFile(groups: AsyncIterable<BinlogGroup>, wanted: GtidSet, landed: GtidSet): Promise<void> {
    let ahead = landed.size;
    let tail = 0;
    for await (const group of groups) {
      if (landed.has(group.gtid)) {
        ahead--;
        this.#land(group.gtid);
      } else if (wanted.has(group.gtid)) {
        if (ahead === 0 && ++tail > TAIL_MAX) return;
        this.#take(group.gtid, effectOf(group, this.#database));
      }
    }
  }

  #take(gtid: string, { isCaptured, what }: Effect): void {
    const range = rangeOf(gtid);
    if (isCaptured) this.#waiting.push({ ...range, what, after: this.#lastLanded });
    else this.#empty.add({ ...range, what });
  }

  #land(gtid: string): void {
    this.pass();
    this.#lastLanded = gtid;
  }

  /** Something behind all that was seen landed. */
  pass(): void {
    for (const one of this.#waiting) this.#passed.add(one);
    this.#waiting = [];
  }

  end(missing: GtidSet, unseen: GtidSet): Search {
    const settled = [...this.#empty.all, ...this.#passed.all];
    return {
      empty: this.#empty.all,
      passed: this.#passed.all,
      onTheWay: missing.minus(unseen).minus(GtidSet.of(settled)),
      unseen,
    };
  }
}

function rangeOf(gtid: string): GtidRange {
  const colon = gtid.lastIndexOf(':');
  const number = Number(gtid.slice(colon + 1));
  return { server: gtid.slice(0, colon), first: number, last: number };
}

/** Joins what follows each other and is the same. */
class Runs<Entry extends Explained> {
  readonly all: Entry[] = [];

  add(entry: Entry): void {
    const last = this.all.at(-1);
    if (last && last.server === entry.server && last.last + 1 === entry.first && last.what === entry.what)
      this.all[this.all.length - 1] = { ...last, last: entry.last };
    else this.all.push(entry);
  }
}

import {
  type BusinessEvent,
  type ChangeEvent,
  type Decision,
  type DenseRecord,
  type Fault,
  type Fold,
  type Recall,
  type UnexplainedChange,
  withItems,
} from '@overlay/model';
import { type Calendar, makeCalendar, type Pack } from '@overlay/packs';
import { makeHearings } from './actor.ts';
import { makeBulk } from './bulk.ts';
import { Claims } from './claims.ts';
import { withoutGhosts } from './ghost-rows.ts';
import { findLabel, findValue, type Label, type LabelChanges, makeLearning, remembered } from './labels.ts';
import { type Applied, type Identify, makeRule, type Surroundings } from './rule.ts';
import { makeScope } from './scope.ts';
import { isAct, transactionOf } from './transaction.ts';
import { truncationsOf } from './truncated.ts';
import { unexplainedOf } from './unexplained.ts';

/**
 * The stage that says what a transaction means, by the rules of a pack. One record out for each record in, possibly with no events:
 * only transactions, TRUNCATEs and their repairs have any; a very large one has just a `bulk.change`, a TRUNCATE its `table.truncated`; the rows of every record, also of the snapshot, teach the
 * names that expressions ask for. Rows that no event rests on are told beside the events, counted, and who acted. An event's id comes from `identify(source, transaction id, rule, event id of the anchor row)`. A rule that cannot be evaluated is a fault beside
 * what the others gave.
 */
export function makeInfer(
  pack: Pack,
  identify: Identify,
): Fold<DenseRecord<ChangeEvent>, DenseRecord<BusinessEvent>, Label> {
  const calendar = makeCalendar(pack);
  const { isOwn, isIgnored } = makeScope(pack);
  const openHearing = makeHearings(pack.actors, isOwn);
  return {
    open: ({ recall }) => {
      const names = makeNames(recall);
      const rules = pack.rules.map((rule) => makeRule(rule, lookupsOf(calendar, names), identify));
      const hearing = () => openHearing((id) => names.find(pack.actors.labels, id));
      const bulk = makeBulk(pack, identify, recall, hearing);
      const decide = (record: DenseRecord<ChangeEvent>) => {
        const transaction = transactionOf(record, isOwn);
        const learning = makeLearning(pack.tables, recall);
        for (const row of transaction.rows) learning.learn(row);
        const { changes } = learning;
        names.use(changes);
        const remember = remembered(record, changes, recall);
        if (!isAct(record)) {
          const truncations = truncationsOf(record, isIgnored, identify);
          return decisionOf(record, [{ events: truncations, fault: null }], remember, []);
        }
        const claims = new Claims();
        const heard = hearing();
        for (const row of transaction.all) heard.hear(row);
        const around: Surroundings = {
          transaction,
          claims,
          actorOf: (anchor) => heard.actorOf(anchor),
          takeUnknownLabels: names.takeUnknown,
        };
        const applied = rules.map((apply) => apply(around));
        const unexplained = unexplainedOf(transaction.all, claims, isIgnored);
        return decisionOf(record, applied, { ...remember, actor: heard.ofTransaction(record) }, unexplained);
      };
      return (record) => {
        if (record.items.length <= pack.ruleRowsMax) return decide(withoutGhosts(record));
        names.use(NO_CHANGES); // of a record before it: what it changed is remembered
        const sifted = bulk(record);
        return 'decision' in sifted ? sifted.decision : decide(sifted.record);
      };
    },
  };
}

function decisionOf(
  record: DenseRecord<ChangeEvent>,
  applied: readonly Applied[],
  beside: Pick<Decision<never, Label>, 'remember' | 'actor'>,
  unexplained: readonly UnexplainedChange[],
): Decision<DenseRecord<BusinessEvent>, Label> {
  const out = withItems(
    record,
    applied.flatMap(({ events }) => events),
  );
  const faults: Fault[] = applied.flatMap(({ fault }) => (fault ? [{ ...fault, sequence: record.sequence }] : []));
  return {
    verdict: faults.length === 0 ? { kind: 'emit', out } : { kind: 'emit', out, faults },
    ...beside,
    ...(unexplained.length > 0 && { unexplained }),
  };
}

const NO_CHANGES: LabelChanges = new Map();

const lookupsOf = (calendar: Calendar, names: Names) => ({
  label: names.find,
  remembered: names.value,
  isOpen: (timestamp: string, place: string) => calendar.isOpen(timestamp, place),
});

interface Names {
  /** Puts a record's changes over what is remembered. */
  readonly use: (changes: LabelChanges) => void;
  readonly find: (table: string, key: string) => Label | null;
  readonly value: (table: string, name: string, key: string) => Label | null;
  readonly takeUnknown: () => readonly string[];
}

/** Names as they stand in the record at hand, noting those that were asked for in vain. */
function makeNames(recall: Recall<Label>): Names {
  let changes: LabelChanges = new Map();
  const unknown = new Set<string>();
  return {
    use: (next) => {
      changes = next;
    },
    find: (table, key) => {
      const label = findLabel(changes, recall, table, key);
      if (label === null) unknown.add(table);
      return label;
    },
    value: (table, name, key) => findValue(changes, recall, table, name, key),
    takeUnknown: () => {
      if (unknown.size === 0) return [];
      const tables = [...unknown];
      unknown.clear();
      return tables;
    },
  };
}

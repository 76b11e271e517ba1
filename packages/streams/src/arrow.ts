import type {
  DenseRecord,
  Fault,
  Fold,
  NewItems,
  OfferedPack,
  PackVersion,
  Recall,
  SchemaVersion,
} from '@overlay/model';
import { z } from 'zod';
import { unframe } from './framing.ts';
import type { Message } from './kafka.ts';
import { makeJoin, type Piece } from './pieces.ts';
import type { Contract, SchemaRegistry } from './registry.ts';

/** What bytes turned out to be: a record, one that is not whole yet, one that is not due yet, nothing to us, or unreadable. */
export type Decoded<In> =
  | { readonly kind: 'record'; readonly record: In; readonly sequence?: number }
  | { readonly kind: 'partial' }
  | { readonly kind: 'ahead'; readonly sequence: number }
  | { readonly kind: 'skip'; readonly why: string }
  | { readonly kind: 'reject'; readonly fault: Fault };

/** The left side of an arrow: which topics, whose records, and how to read them. */
export interface Input<In> {
  /** `prefix` goes before the names of our own topics. */
  readonly topicsOf: (sources: readonly string[], prefix: string) => readonly string[];
  readonly sourceOf: (topic: string, message: Message) => string;
  /** True when records carry the sequence of another stage of ours; false when this stage makes it. */
  readonly isDense: boolean;
  /** What decoding will need of the world for these messages, such as the registry's word on their schemas. */
  readonly prepare?: (
    registry: Pick<SchemaRegistry, 'knows' | 'avroSchema'>,
    messages: readonly Message[],
  ) => Promise<void>;
  /** Bytes of the statement that rides with a record and is dropped; undefined where none does. */
  readonly statementBytesOf?: (record: In) => number | undefined;
  /** A decoder for the records of one source, in their order, but for those that are too far ahead to be of use. */
  readonly open: (newItems: NewItems, isAhead: (sequence: number) => boolean) => (message: Message) => Decoded<In>;
}

/** What is to be read again under a sequence that was set aside. */
export interface RepairJob {
  readonly source: string;
  /** The sequence that the repair gets. */
  readonly sequence: number;
  /** The sequence that it repairs. */
  readonly repairs: number;
  /** The id of what was set aside, and the commit time that it stands under. */
  readonly unit: string;
  readonly timestamp: string;
  readonly recall: Recall<unknown>;
  readonly newItems: NewItems;
  /** The versions of the pack that the source is read by. */
  readonly packs?: readonly PackVersion[];
}

export type Repaired<Out> =
  | {
      readonly kind: 'repaired';
      readonly out: DenseRecord<Out>;
      readonly remember: readonly (readonly [key: string, value: unknown])[];
      readonly schemaVersions?: readonly SchemaVersion[];
    }
  | { readonly kind: 'refused'; readonly why: string };

/** Takes the raw records of a unit, in their order, and says at the end what they make. It is pure, and refuses by value. */
interface Repairing<In, Out> {
  /** What taking it needs of the world and is not at hand. */
  readonly needsOf?: (record: Decoded<In>) => readonly string[];
  readonly take: (record: Decoded<In>) => void;
  readonly end: () => Repaired<Out>;
}

/** A stage as data: it reads one kind of record, decides by a pure fold, and emits another kind. */
export interface Arrow<In, Out, Value> {
  readonly stage: string;
  readonly input: Input<In>;
  readonly output: Contract;
  readonly fold: Fold<In, DenseRecord<Out>, Value>;
  /** The exact bytes of an item, as they are stored, hashed and published. */
  readonly bodyOf: (item: Out) => string;
  /** What stands beside the body, sealed; null for nothing. */
  readonly sealedValuesOf?: (item: Out) => string | null;
  /** Brings at hand what the fold needs of the world, such as keys. */
  readonly provide?: (needs: readonly string[]) => Promise<void>;
  /**
   * Set where the fold reads by a pack. The stage with an `initial` one decides from which sequence on a version is in force, and begins with this; others
   * follow what is on record.
   */
  readonly packs?: { readonly initial?: OfferedPack };
  /** What happens to what cannot be read: it is set aside (so it is when nothing is said), or a person is asked first. */
  readonly poison?: 'set_aside' | 'stop';
  /** Reads again what was set aside; only the stage that makes the sequences can. */
  readonly repair?: (job: RepairJob) => Repairing<In, Out>;
}

/** Reads a dense topic by its contract, joining pieces. */
export function denseInput<Item>(contract: {
  readonly name: string;
  readonly record: z.ZodType<Piece<Item>>;
}): Input<DenseRecord<Item>> {
  const unknown = new Set<number>();
  return {
    topicsOf: (_sources, prefix) => [prefix + contract.name],
    sourceOf: (_topic, message) => message.key?.toString('utf8') ?? '',
    isDense: true,
    async prepare(registry, messages) {
      const ids = new Set(
        messages.map(({ value }) => value && unframe(value)?.schemaId).filter((id) => typeof id === 'number'),
      );
      for (const id of ids) {
        if (await registry.knows(id)) unknown.delete(id);
        else unknown.add(id);
      }
    },
    open(newItems, isAhead) {
      const join = makeJoin<Item>(newItems);
      return (message) => {
        const piece = decodePiece(contract, message, unknown);
        if ('fault' in piece) return { kind: 'reject', fault: piece.fault };
        if (isAhead(piece.sequence)) return { kind: 'ahead', sequence: piece.sequence };
        const record = join(piece);
        if (record === 'partial') return { kind: 'partial' };
        return record === 'repeat'
          ? { kind: 'skip', why: 'repeat' }
          : { kind: 'record', record, sequence: record.sequence };
      };
    },
  };
}

function decodePiece<Item>(
  contract: { readonly record: z.ZodType<Piece<Item>> },
  { value }: Message,
  unknown: ReadonlySet<number>,
): Piece<Item> | { fault: Fault } {
  const unreadable = (detail: string) => ({ fault: { code: 'record.unreadable' as const, detail } });
  const framed = value ? unframe(value) : undefined;
  if (!framed) return unreadable('the value is not framed with a schema id');
  if (unknown.has(framed.schemaId)) return unreadable(`the registry knows no schema ${framed.schemaId}`);
  let json: unknown;
  try {
    json = JSON.parse(framed.text);
  } catch {
    return unreadable('the value is not JSON');
  }
  const parsed = contract.record.safeParse(json);
  // Paths and reasons only: zod's messages hold no values of the record.
  return parsed.success ? parsed.data : unreadable(z.prettifyError(parsed.error).slice(0, 500));
}

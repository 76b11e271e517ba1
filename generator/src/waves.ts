import type { TroubleMark } from './transaction.ts';

/** Something that moves demand for a while, and is no trouble: a season's wave, a campaign, a holiday. */
export type Wave = {
  readonly id: string;
  readonly kind: 'promotion' | 'flu_wave' | 'holiday';
  readonly from_us: number;
  readonly to_us: number;
  /** What the number of customers is multiplied by. */
  readonly customers: number;
  /** Of what customers take, this part is drawn from `products` alone: places in the world's list. */
  readonly share: number;
  readonly products: readonly number[];
  /** What the truth says it is about. */
  readonly entity: TroubleMark['entity'];
};

export function wavesAt(waves: readonly Wave[], at_us: number): readonly Wave[] {
  return waves.filter(({ from_us, to_us }) => at_us >= from_us && at_us < to_us);
}

/** Where a reader stands in a topic. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** A record's place, as people and gaps name it. */
export const nameOf = ({ topic, partition }: Place, offset: string): string => `${topic}/${partition}@${offset}`;

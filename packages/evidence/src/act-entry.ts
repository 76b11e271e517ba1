/** A row of the self-audit, as the database keeps it. */
export interface LoggedAct {
  readonly sequence: number;
  /** When it was written down: UTC with microseconds. */
  readonly at: string;
  /** The database user. */
  readonly login: string;
  /** The stored text. */
  readonly body: string;
}

/** What is logged for an act: lines of a fixed order, each a word and its value; the body is the last one, and nothing is known of its form. */
export const actEntry = ({ sequence, at, login, body }: LoggedAct): string =>
  `audit-act/v1\nsequence ${sequence}\nat ${at}\nlogin ${JSON.stringify(login)}\nbody ${body}\n`;

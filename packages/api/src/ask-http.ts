import { messageOf } from '@overlay/runtime';

/** A dependency that takes longer than this to say how it is, is not well. */
const ANSWER_MS_MAX = 3000;

export type Heard =
  | { readonly ok: true; readonly status: number; readonly body: string }
  | { readonly ok: false; readonly detail: string };

/** One GET, bounded in time; a connection that fails is an answer too. */
export async function askHttp(url: string): Promise<Heard> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX), headers: { accept: '*/*' } });
    return { ok: true, status: response.status, body: await response.text() };
  } catch (thrown) {
    const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
    return { ok: false, detail: messageOf(cause) || 'no answer' };
  }
}

/** JSON text → value; undefined for other text. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

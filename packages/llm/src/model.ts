import { messageOf, Trouble } from '@overlay/runtime';
import OpenAI from 'openai';
import type { z } from 'zod';
import type { llmConfig } from './config.ts';

/** What a model is asked. Data of others belongs into `user`, never into `system`. */
export interface Ask {
  readonly system: string;
  readonly user: string;
  /** JSON Schema that the answer must fit; servers that can, enforce it. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** A language model. It has no tools and no memory: one question, one answer. */
export interface Model {
  readonly name: string;
  /**
   * The answer, parsed when it is JSON, else its text: the caller verifies it in any case. Throws the trouble `model.unreachable` when there is
   * none: no connection, a refusal of the server, a timeout.
   */
  readonly complete: (ask: Ask) => Promise<unknown>;
}

/** Tokens of one answer at most; what was cut off there is no JSON and fails verification. */
const ANSWER_TOKENS_MAX = 1500;

/** The model that the configuration names; none when it names none. */
export function makeModel(config: z.infer<z.ZodObject<typeof llmConfig>>): Model | undefined {
  const { LLM_BASE_URL: baseURL, LLM_MODEL: name, LLM_API_KEY: apiKey, LLM_TIMEOUT_MS: timeout } = config;
  if (baseURL === undefined) return undefined;
  // Every option that the library would otherwise take from the environment is given. One try: the caller falls back at once.
  const client = new OpenAI({
    baseURL,
    apiKey: apiKey ?? 'none',
    organization: null,
    project: null,
    timeout,
    maxRetries: 0,
    logLevel: 'off',
  });
  return {
    name,
    async complete(ask) {
      const answer = await client.chat.completions.create(questionOf(name, ask)).catch((thrown: unknown) => {
        throw new Trouble('model.unreachable', `${name}: ${messageOf(thrown)}`, thrown);
      });
      // A server that is something else answers with something else, whatever its type says.
      const content: unknown = answer?.choices?.[0]?.message?.content;
      if (typeof content !== 'string') throw new Trouble('model.unreachable', `${name}: the answer holds no text`);
      return parsed(content);
    },
  };
}

function questionOf(model: string, { system, user, schema }: Ask): OpenAI.ChatCompletionCreateParamsNonStreaming {
  return {
    model,
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: user },
    ],
    response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: { ...schema } } },
    temperature: 0,
    max_tokens: ANSWER_TOKENS_MAX,
  };
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}

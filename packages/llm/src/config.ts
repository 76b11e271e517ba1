import { secret } from '@overlay/runtime';
import { z } from 'zod';

/** What a program must be told to ask a language model; without LLM_BASE_URL there is none, and templates do all the writing. */
export const llmConfig = {
  LLM_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'is no http or https address' })
    .optional()
    .describe(
      'OpenAI-compatible API of a language model, such as http://127.0.0.1:11434/v1 of Ollama; none: templates only',
    ),
  LLM_MODEL: z.string().min(1).default('qwen3:4b').describe('name of the model, also the author of its texts'),
  LLM_API_KEY: secret().optional().describe('key for that API, where it wants one'),
  LLM_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(600_000)
    .default(60_000)
    .describe('longest wait for one answer, in milliseconds'),
};

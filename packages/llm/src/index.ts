export { llmConfig } from './config.ts';
export { type Ask, type Model, makeModel } from './model.ts';

export { column } from './column.ts';
export { identify } from './identify.ts';

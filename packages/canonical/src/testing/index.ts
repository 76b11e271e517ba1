export { column } from './column.ts';

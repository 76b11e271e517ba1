export { type Played, type Playing, play } from './play.ts';

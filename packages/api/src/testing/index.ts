export { freshDatabase } from './database.ts';
export {
  DAY,
  gtidOf,
  HOSTILE,
  idOf,
  LAST,
  LAST_OF_DAY,
  NEXT_DAY,
  SOURCE,
  samplePack,
  writeDeadLetter,
  writeGap,
  writeHead,
  writeSampleLog,
  writeSealedLetter,
} from './sample-log.ts';

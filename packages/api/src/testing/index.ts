export { column, makeShopLog } from '@overlay/storage/testing';
export { freshDatabase, freshKeys } from './database.ts';
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
  writeSealedChange,
  writeSealedLetter,
} from './sample-log.ts';

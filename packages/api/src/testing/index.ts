export { makeShopLog } from '@overlay/storage/testing';
export { freshDatabase, freshKeys, testRecord } from './database.ts';
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
  writeSaying,
  writeSealedChange,
  writeSealedLetter,
} from './sample-log.ts';

export { makeKeyScratch, makeScratch, makeShopLog, type Scratch } from '@overlay/storage/testing';
export { DAY, gtidOf, HOSTILE, idOf, LAST, LAST_OF_DAY, NEXT_DAY, SOURCE, samplePack } from './corner-shops.ts';
export { writeDeadLetter, writeGap, writeHead, writeSampleLog, writeSaying } from './sample-log.ts';
export { writeSealedChange, writeSealedLetter } from './sealed-sample.ts';
export { testRecord } from './test-record.ts';

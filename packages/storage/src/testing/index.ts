export { makeKeyScratch, makeScratch, type Scratch } from './scratch.ts';
export { makeShopLog, SERVER, timeOf } from './shop-log.ts';

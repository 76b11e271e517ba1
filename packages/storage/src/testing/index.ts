export { makeShopLog, SERVER, timeOf } from './shop-log.ts';

export { column, makeShopLog, SERVER, timeOf } from './shop-log.ts';

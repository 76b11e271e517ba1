import { type Database, makeRecorder, type RecordAct } from '@overlay/storage';

/** What puts on record what the tests ask and do. */
export const testRecord = (database: Database): RecordAct =>
  makeRecorder(database, { kind: 'program', name: 'tests', program: 'tests', version: '0' });

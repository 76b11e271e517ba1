import { packConfig } from '@overlay/packs/load';
import { storageConfig } from '@overlay/storage';
import { streamsConfig } from '@overlay/streams';

export const config = { ...streamsConfig, ...storageConfig, ...packConfig };

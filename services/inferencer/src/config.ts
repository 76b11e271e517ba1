import { deadLetterConfig, storageConfig } from '@overlay/storage';
import { streamsConfig } from '@overlay/streams';

export const config = { ...streamsConfig, ...storageConfig, ...deadLetterConfig };

export { withSecretFiles } from './secret-files.ts';

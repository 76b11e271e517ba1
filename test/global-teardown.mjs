export default async function globalTeardown() {
  await globalThis.overlayStack?.stop();
}

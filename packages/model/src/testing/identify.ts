/** Taken once: a look at a global costs a lot inside jest. */
const { imul } = Math;

/** A UUID that depends on the parts alone: enough for tests, no hash to rely on. */
export function identify(...parts: readonly string[]): string {
  const words = [1, 2, 3, 4].map((seed) => mix(seed, parts.join('\u001f')).toString(16).padStart(8, '0')).join('');
  return `${words.slice(0, 8)}-${words.slice(8, 12)}-5${words.slice(13, 16)}-8${words.slice(17, 20)}-${words.slice(20, 32)}`;
}

function mix(seed: number, text: string): number {
  let hash = imul(seed, 0x9e3779b1);
  for (let index = 0; index < text.length; index++) {
    hash = imul(hash ^ text.charCodeAt(index), 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  return (hash ^ (hash >>> 16)) >>> 0;
}

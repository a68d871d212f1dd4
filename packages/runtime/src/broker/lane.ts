/** How many lanes a channel has: the most units of one service that can share it, and the grain of ordering. */
export const LANES = 16;

/**
 * The lane of a key: FNV-1a over its UTF-16 code units.
 * Every publisher must agree for ever, or two messages of one key could pass each other: never change it.
 */
export function laneOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  }
  // The low bits of FNV are its weakest; fold the high ones in.
  return ((hash >>> 16) ^ hash) & (LANES - 1);
}

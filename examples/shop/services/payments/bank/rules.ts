/** The simulated bank declines a total whose remainder by 20 is 16 pence. */
export function declines(pence: number): boolean {
  return pence % 20 === 16;
}

/** How long the simulated bank thinks: 20 ms about a total without remainder by 20. */
export function thinkingMs(pence: number): number {
  return pence % 20 === 0 ? 20 : 0;
}

/** How many there are of each; none is not kept. */
export class Counts extends Map<string, number> {
  add(name: string, by: 1 | -1): void {
    const now = (this.get(name) ?? 0) + by;
    if (now === 0) this.delete(name);
    else this.set(name, now);
  }
}

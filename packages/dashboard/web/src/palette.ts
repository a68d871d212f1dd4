/** Colours of services: by name, so that a service looks the same in every view and after a reload. */
const TONES = 12;
const taken = new Map<string, number>();

export function toneOf(service: string): string {
  return `var(--tone-${toneIndex(service)})`;
}

/** For what is no service: by its place among others. */
export function toneAt(place: number): string {
  return `var(--tone-${place % TONES})`;
}

export function isNamed(service: string): boolean {
  return taken.has(service);
}

function toneIndex(service: string): number {
  const known = taken.get(service);
  if (known !== undefined) return known;
  let hash = 2166136261;
  for (const unit of service) hash = Math.imul(hash ^ unit.codePointAt(0)!, 16777619);
  const wished = (hash >>> 0) % TONES;
  const used = new Set(taken.values());
  let tone = wished;
  while (used.size < TONES && used.has(tone)) tone = (tone + 1) % TONES;
  taken.set(service, tone);
  return tone;
}

/** Gives each of an application's services its colour in the order of their names, before any is drawn. */
export function nameColours(services: readonly string[]): void {
  for (const service of ["gateway", ...services.toSorted()]) toneIndex(service);
}

/** One thing that must hold. */
export interface AuditEntry {
  readonly name: string;
  readonly ok: boolean;
  /** What was looked at; where it does not hold, the first offenders. */
  readonly detail: string;
}

const shown = 5;

/** Holds where there are no offenders. `looked` says at what. */
export function entry(name: string, looked: string, offenders: readonly string[]): AuditEntry {
  if (offenders.length === 0) return { name, ok: true, detail: looked };
  const more = offenders.length > shown ? `; and ${offenders.length - shown} more` : "";
  return { name, ok: false, detail: `${offenders.slice(0, shown).join("; ")}${more}` };
}

/** "1 order", "2 orders". */
export function count(many: number, what: string): string {
  return `${many} ${what}${many === 1 ? "" : "s"}`;
}

/** `"£12.34"`. */
export function pounds(pence: number): string {
  return `${pence < 0 ? "-" : ""}£${(Math.abs(pence) / 100).toFixed(2)}`;
}

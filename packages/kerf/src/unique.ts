import { refuse } from "./refuse.ts";

/** @throws DeclarationError at `place` for the first name that is there twice */
export function unique(names: readonly string[], place: string, mend: string): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) refuse(place, `names "${twice}" twice`, mend);
}

import { DeclarationError, sagaFacts, type AnySaga } from "kerf";
import type { LiveSagas } from "../journal/journal.ts";

/** Sagas that have not ended, and that the code does not know how to go on with. */
export interface DroppedSagas {
  /** `saga("checkout")` */
  readonly place: string;
  readonly problem: string;
  readonly mend: string;
  /** False where the whole saga is unknown: a newer deployment beside this one may have it. */
  readonly certain: boolean;
}

/** What a service no longer has of the sagas that have not ended. A version that is newer than its own is a newer deployment's. */
export function droppedSagas(sagas: readonly AnySaga[], live: readonly LiveSagas[]): readonly DroppedSagas[] {
  const known = new Map(sagas.map((saga) => [saga.name, sagaFacts(saga)]));
  return live.flatMap(({ name, version, instances }): DroppedSagas[] => {
    const facts = known.get(name);
    const left = `${instances} ${instances === 1 ? "instance" : "instances"} of version ${version} ${instances === 1 ? "has" : "have"} not ended`;
    const place = `saga("${name}")`;
    if (!facts) {
      const mend = "list it under `sagas` again until they have ended, or give them up: kerf sagas";
      return [{ place, problem: `${left}, and there is no such saga any more`, mend, certain: false }];
    }
    if (version >= facts.version || facts.runs.has(version)) return [];
    const mend = `keep that version until they have ended: older: { ${version}: … }`;
    return [
      { place, problem: `${left}, and the code has no version ${version} any more`, mend, certain: true },
    ];
  });
}

/** @throws DeclarationError where a version of a saga is missing that has not ended */
export function refuseDropped(dropped: readonly DroppedSagas[], service: string): void {
  const [first] = dropped.filter(({ certain }) => certain);
  if (first)
    throw new DeclarationError(`service(${service}).sagas.${first.place}`, first.problem, first.mend);
}

import { refuse } from "./refuse.ts";

/** A route of a contract, taken apart. */
export interface RouteParts {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** As declared: `"/stock/:sku"`. The gateway puts `/v<version>` before it. */
  readonly path: string;
  /** The names in `path`. */
  readonly parameters: readonly string[];
  /** Equal for two routes that are taken by the same requests: `"GET /stock/:"`. */
  readonly shape: string;
}

const routePattern = /^(GET|POST|PUT|PATCH|DELETE) (\/|(?:\/[^/]+)+)$/;
const segmentPattern = /^(?::[A-Za-z]\w*|[\w~-][\w.~-]*)$/;

/** Takes a route apart. @throws DeclarationError at `place` where it is not well-formed */
export function routeParts(http: string, place: string): RouteParts {
  const found = routePattern.exec(http);
  const segments = found?.[2]!.split("/").slice(1) ?? [];
  if (
    !found ||
    http.length > 200 ||
    (found[2] !== "/" && !segments.every((each) => segmentPattern.test(each)))
  )
    refuse(
      place,
      `its http "${http}" is not a route`,
      'write a method and a path of plain words and parameters, such as "GET /stock/:sku"',
    );
  const parameters = segments.filter((each) => each.startsWith(":")).map((each) => each.slice(1));
  const twice = parameters.find((name, index) => parameters.indexOf(name) !== index);
  if (twice !== undefined)
    refuse(place, `its route ${http} names the parameter "${twice}" twice`, "rename one of them");
  return {
    method: found[1] as RouteParts["method"],
    path: found[2]!,
    parameters,
    shape: http.replace(/:[^/]+/g, ":"),
  };
}

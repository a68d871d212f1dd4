import {
  DeclarationError,
  describe,
  routeParts,
  type AnyCommand,
  type AnyContract,
  type AnyQuery,
  type AnyStream,
  type ContractFacts,
  type RouteParts,
} from "kerf";

/** Where a query or command is reached from outside. */
export interface Route<M extends AnyQuery | AnyCommand | AnyStream = AnyQuery | AnyCommand> {
  readonly member: M;
  readonly contract: ContractFacts;
  readonly method: RouteParts["method"];
  /** `"/v1/stock/:sku"`. */
  readonly path: string;
  /** The names in `path`. */
  readonly parameters: readonly string[];
  /** False for GET and DELETE: their input is in path and query. */
  readonly hasBody: boolean;
  /** Whether it stands once more below a path of an existing application, whose rules hold there. */
  readonly below?: boolean;
}

/** Where a stream is reached from outside. */
export type StreamRoute = Route<AnyStream>;

export type AnyRoute = Route<AnyQuery | AnyCommand | AnyStream>;

/**
 * The routes of every query and command, below `/v<version>`.
 * @throws DeclarationError for a route that two members share
 */
export function routesOf(contracts: readonly AnyContract[]): readonly Route[] {
  return exposed(contracts).filter((route): route is Route => route.member.kind !== "stream");
}

/** The routes of every stream. @throws DeclarationError for a route that two members share */
export function streamRoutesOf(contracts: readonly AnyContract[]): readonly StreamRoute[] {
  return exposed(contracts).filter((route): route is StreamRoute => route.member.kind === "stream");
}

function exposed(contracts: readonly AnyContract[]): readonly AnyRoute[] {
  const routes: AnyRoute[] = [];
  const taken = new Map<string, string>();
  for (const contract of contracts.map(describe)) {
    for (const member of contract.members.values()) {
      if (member.kind === "event" || member.http === undefined) continue;
      const { method, path, parameters, shape } = routeParts(member.http, member.id);
      const key = `${contract.version} ${shape}`;
      const other = taken.get(key);
      if (other !== undefined) {
        throw new DeclarationError(
          member.id,
          `its route ${member.http} is also that of ${other}`,
          "give one of them another path",
        );
      }
      taken.set(key, member.id);
      routes.push({
        member,
        contract,
        method,
        path: `/v${contract.version}${path === "/" ? "" : path}`,
        parameters,
        hasBody: method !== "GET" && method !== "DELETE",
      });
    }
  }
  return routes;
}

/** The methods that exist at a concrete path such as `"/v1/stock/7"`, for the Allow header. HEAD comes with GET. */
export function methodsAt(
  routes: readonly { readonly method: string; readonly path: string }[],
  path: string,
): readonly string[] {
  const segments = path.split("/");
  const methods = new Set<string>();
  for (const route of routes) {
    const pattern = route.path.split("/");
    const fits =
      pattern.length === segments.length &&
      pattern.every((part, i) => (part.startsWith(":") ? segments[i] !== "" : part === segments[i]));
    if (!fits) continue;
    methods.add(route.method);
    if (route.method === "GET") methods.add("HEAD");
  }
  return [...methods].toSorted();
}

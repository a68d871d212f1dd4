import {
  DeclarationError,
  describe,
  type AnyCommand,
  type AnyContract,
  type AnyQuery,
  type ContractFacts,
} from "kerf";

export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Where a query or command is reached from outside. */
export interface Route {
  readonly member: AnyQuery | AnyCommand;
  readonly contract: ContractFacts;
  readonly method: HttpMethod;
  /** `"/v1/stock/:sku"`. */
  readonly path: string;
  /** The names in `path`. */
  readonly parameters: readonly string[];
  /** False for GET and DELETE: their input is in path and query. */
  readonly hasBody: boolean;
}

const routePattern = /^(GET|POST|PUT|PATCH|DELETE) (\/(?:[^/]+(?:\/[^/]+)*)?)$/;
const segmentPattern = /^(?::[A-Za-z]\w*|[\w.~-]+)$/;

/**
 * The routes of every contract, below `/v<version>`.
 * @throws DeclarationError for a route that is not well-formed, or that two members share
 */
export function routesOf(contracts: readonly AnyContract[]): readonly Route[] {
  const routes: Route[] = [];
  const taken = new Map<string, string>();
  for (const contract of contracts.map(describe)) {
    for (const member of contract.members.values()) {
      if (member.kind === "event" || member.http === undefined) continue;
      const route = routeOf(member, contract);
      const shape = `${route.method} ${route.path.replaceAll(/:[^/]+/g, ":")}`;
      const other = taken.get(shape);
      if (other !== undefined) {
        throw new DeclarationError(
          member.id,
          `its route ${route.method} ${route.path} is also that of ${other}`,
          "give one of them another path",
        );
      }
      taken.set(shape, member.id);
      routes.push(route);
    }
  }
  return routes;
}

function routeOf(member: AnyQuery | AnyCommand, contract: ContractFacts): Route {
  const found = routePattern.exec(member.http!);
  const segments = found?.[2]!.split("/").slice(1) ?? [];
  if (!found || (found[2] !== "/" && segments.some((segment) => !isSegment(segment)))) {
    throw new DeclarationError(
      member.id,
      `http "${member.http}" is not a route`,
      'write a method and a path of plain words and parameters, such as "GET /stock/:sku"',
    );
  }
  const method = found[1] as HttpMethod;
  const parameters = segments.filter((segment) => segment.startsWith(":")).map((segment) => segment.slice(1));
  if (new Set(parameters).size < parameters.length) {
    throw new DeclarationError(member.id, `http "${member.http}" names a parameter twice`, "rename one");
  }
  return {
    member,
    contract,
    method,
    path: `/v${contract.version}${found[2]}`,
    parameters,
    hasBody: method !== "GET" && method !== "DELETE",
  };
}

function isSegment(segment: string): boolean {
  return segmentPattern.test(segment) && segment !== "." && segment !== "..";
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

/** How one query or command of a foreign service is asked for over HTTP. */
export interface HttpOperation {
  /** `"GET /books/{isbn}"`: method, and path below the service's URL. Names in braces are fields of the input. */
  readonly route: string;
  /** Fields of the input that go into the query; those of a list once for each entry. */
  readonly query?: readonly string[];
  /** Fields of the input that go into headers, with the names of these. */
  readonly headers?: { readonly [field: string]: string };
  /** The field that is the whole body. Without it the body is an object of all fields that go nowhere else. */
  readonly body?: string;
  /** The field of the output that is the whole answer. Without it the answer is the output. */
  readonly answer?: string;
  /** The header that makes repeating a command safe: it carries the command's id. */
  readonly idempotencyKey?: string;
  /** HTTP status to declared error, whose data is the answer: `{ 409: "TooFewCopies" }`. */
  readonly errors?: { readonly [status: number]: string };
}

/** Method, path, and the names in the path. `undefined` where it is no route. */
export function readRoute(
  route: string,
): { readonly method: string; readonly path: string; readonly parameters: readonly string[] } | undefined {
  const found = /^(GET|HEAD|POST|PUT|PATCH|DELETE) (\/[^\s?#]*)$/.exec(route);
  if (!found) return undefined;
  const path = found[2]!;
  const parameters = [...path.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name!);
  if (path.replaceAll(/\{[^{}]+\}/g, "").match(/[{}]/)) return undefined;
  return { method: found[1]!, path, parameters };
}

import { readRoute, StatusError, type HttpOperation } from "kerf";

export interface HttpRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string | undefined;
}

export type Encode = (input: { readonly [field: string]: unknown }) => HttpRequest;

/**
 * Makes what turns the input of a member into a request. `base` is the path of the service's URL.
 * @throws StatusError INVALID_ARGUMENT (the made function) for a value that cannot stand where it belongs
 */
export function encoder(id: string, operation: HttpOperation, base: string): Encode {
  const { method, path, parameters } = readRoute(operation.route)!;
  const query = operation.query ?? [];
  const headers = Object.entries(operation.headers ?? {});
  const elsewhere = new Set([...parameters, ...query, ...headers.map(([field]) => field)]);
  const hasBody = method === "POST" || method === "PUT" || method === "PATCH";
  const prefix = base.replace(/\/+$/, "");

  return (input) => {
    const filled = path.replaceAll(/\{([^{}]+)\}/g, (_, name: string) =>
      segment(input[name], `${id}: ${name}`),
    );
    const search = query.flatMap((name) => pairs(name, input[name], id));
    const body = hasBody ? bodyOf(input, operation.body, elsewhere) : undefined;
    const sent: Record<string, string> = {};
    for (const [field, name] of headers) {
      if (input[field] !== undefined) sent[name] = headerValue(input[field], `${id}: ${field}`);
    }
    if (body !== undefined) sent["content-type"] = "application/json";
    return {
      method,
      path: prefix + filled + (search.length > 0 ? `?${search.join("&")}` : ""),
      headers: sent,
      body,
    };
  };
}

/** One segment of a path, which can neither be empty nor lead to another. */
function segment(value: unknown, what: string): string {
  const encoded = encodeURIComponent(text(value, what));
  if (encoded === "" || encoded === "." || encoded === "..")
    throw new StatusError("INVALID_ARGUMENT", `${what} cannot stand in a path`);
  return encoded;
}

function pairs(name: string, value: unknown, id: string): string[] {
  if (value === undefined || value === null) return [];
  const all = Array.isArray(value) ? (value as unknown[]) : [value];
  return all.map((each) => `${encodeURIComponent(name)}=${encodeURIComponent(text(each, `${id}: ${name}`))}`);
}

function headerValue(value: unknown, what: string): string {
  const found = text(value, what);
  if (!/^[\x20-\x7e]*$/.test(found))
    throw new StatusError("INVALID_ARGUMENT", `${what} cannot stand in a header`);
  return found;
}

function text(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new StatusError("INVALID_ARGUMENT", `${what} is no text, number or boolean`);
}

function bodyOf(
  input: { readonly [field: string]: unknown },
  whole: string | undefined,
  elsewhere: ReadonlySet<string>,
): string | undefined {
  if (whole !== undefined) return input[whole] === undefined ? undefined : JSON.stringify(input[whole]);
  const fields = Object.entries(input).filter(([name]) => !elsewhere.has(name));
  return JSON.stringify(Object.fromEntries(fields));
}

import type { Bounds } from "@kerf/runtime/validate";

interface Node {
  readonly type?: unknown;
  readonly enum?: unknown;
  readonly const?: unknown;
  readonly [keyword: string]: unknown;
}

/** The schema with what the gateway demands of an input where its contract sets no upper limit. */
export function boundedSchema<T extends object>(schema: T, bounds: Bounds): T {
  return boundedNode(schema as Node, bounds) as unknown as T;
}

function boundedNode(node: Node, bounds: Bounds): Node {
  const made: { [keyword: string]: unknown } = { ...node };
  if (node.type === "array") made["maxItems"] ??= bounds.items;
  if (node.type === "string" && node.enum === undefined && node.const === undefined)
    made["maxLength"] ??= bounds.characters;
  for (const keyword of ["items", "additionalProperties", "propertyNames"])
    if (isNode(node[keyword])) made[keyword] = boundedNode(node[keyword], bounds);
  for (const keyword of ["anyOf", "oneOf"])
    if (Array.isArray(node[keyword]))
      made[keyword] = node[keyword].map((each) => (isNode(each) ? boundedNode(each, bounds) : each));
  if (isNode(node["properties"]))
    made["properties"] = Object.fromEntries(
      Object.entries(node["properties"]).map(([name, each]) => [name, boundedNode(each as Node, bounds)]),
    );
  return made;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

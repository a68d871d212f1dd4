export { edges, type Edge } from "./edges.ts";
export { contractsOf, mayCall, type Graph, type ServiceNode } from "./graph.ts";
export { contractHash } from "./hash.ts";
export { loadGraph } from "./load.ts";

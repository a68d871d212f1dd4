export { edges, type Edge } from "./edges.ts";
export { mayCall, type Graph, type ServiceNode } from "./graph.ts";
export { contractHash } from "./hash.ts";
export { loadGraph } from "./load.ts";

import { Visitor } from "@swc/core/Visitor.js";

// The visitor of swc that dependency-cruiser walks sources with does not know `using` (as of 1.16).
const { visitStatement } = Visitor.prototype;
Visitor.prototype.visitStatement = function (statement) {
  if (statement.type !== "UsingDeclaration") return visitStatement.call(this, statement);
  statement.decls = this.visitVariableDeclarators(statement.decls);
  return statement;
};

/**
 * The arrows of DESIGN: who may import whom. A package that is not named here imports nothing of ours.
 * Tests may import more, since what they need never ships.
 */
const arrows = {
  kerf: [],
  grpc: [],
  runtime: ["kerf", "grpc"],
  gateway: ["kerf", "runtime"],
  identity: [],
  telemetry: ["kerf", "runtime"],
  dashboard: ["kerf", "grpc", "runtime"],
  testing: ["kerf", "runtime", "gateway"],
  cli: ["kerf", "grpc", "runtime", "gateway", "identity", "telemetry", "dashboard", "testing"],
};

const known = Object.keys(arrows).join("|");
const isTest = "\\.test\\.ts$|/testing\\.ts$|/src/testing/|^packages/[^/]+/test/";

export default {
  forbidden: [
    ...Object.entries(arrows).map(([name, may]) => ({
      name: `arrows-of-${name}`,
      comment: `packages/${name} imports ${may.length > 0 ? `only ${may.join(" and ")}` : "nothing"} of ours.`,
      severity: "error",
      from: { path: `^packages/${name}/`, pathNot: isTest },
      to: { path: `^(?:packages/(?!(?:${[name, ...may].join("|")})/)|examples/|bench/|tests/)` },
    })),
    {
      name: "arrows-of-the-unnamed",
      comment: "A new package needs its arrows here.",
      severity: "error",
      from: { path: `^packages/(?!(?:${known})/)[^/]+/` },
      to: { path: "^(?:packages|examples|bench|tests)/" },
    },
    {
      name: "cli-is-the-end",
      comment:
        "Nothing imports the composition root, tests included, but an application that embeds one of Kerf.",
      severity: "error",
      from: { pathNot: "^(?:packages/cli/|examples/legacy/application/with-kerf\\.ts$)" },
      to: { path: "^packages/cli/" },
    },
    {
      name: "packages-by-name",
      comment: "A package is imported by its name, so that only what it exports is used.",
      severity: "error",
      from: { path: "^packages/([^/]+)/" },
      to: { path: "^packages/(?!$1/)", dependencyTypes: ["local"] },
    },
    {
      name: "no-cycles",
      comment: "Two files that need each other are one file, or three.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "services-by-contract",
      comment: "Of another service, only contract.ts may be imported.",
      severity: "error",
      from: { path: "/services/([^/]+)/" },
      to: { path: "/services/(?!$1/)[^/]+/", pathNot: "/contract\\.ts$" },
    },
    {
      name: "contracts-are-light",
      comment: "Who imports a contract must not get the service with it.",
      severity: "error",
      from: { path: "/services/[^/]+/contract\\.ts$" },
      to: { path: "/services/", pathNot: "/contract\\.ts$" },
    },
    {
      name: "resolvable",
      comment: "What is imported must exist.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "declared",
      comment: "What is imported must stand in the package's own package.json.",
      severity: "error",
      from: { path: "^(?:packages|examples)/", pathNot: isTest },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "shipped",
      comment: "What ships must not need a development dependency.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: isTest },
      to: { dependencyTypes: ["npm-dev"] },
    },
  ],
  options: {
    // TypeScript 7 has no JavaScript interface; swc reads the sources instead.
    parser: "swc",
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(?:^|/)(?:\\.kerf|dist|web)/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
      extensions: [".ts", ".js", ".mjs", ".json"],
    },
    builtInModules: { add: ["node:sqlite", "node:test", "node:sea"] },
  },
};

import { fileURLToPath } from "node:url";

/** Errors whose message already says where and what to do. */
const clear = new Set([
  "UsageError",
  "Failure",
  "DeclarationError",
  "EmbeddedUnavailable",
  "DatabaseError",
  "MigrationError",
  "ContractLockError",
  "ListenError",
  "StatusError",
  "ReplayError",
]);

/** Those that only another file, command line or setting can mend. */
const lasting = new Set(["UsageError", "Failure", "DeclarationError", "MigrationError", "ContractLockError"]);

/** Tells whether trying again without a change is of no use. */
export function lasts(error: unknown): boolean {
  return error instanceof Error && lasting.has(error.name);
}

/**
 * What went wrong, for people: the message, its causes, and where the code is at fault the one place in it. No stack.
 */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  if (clear.has(error.name)) return error.message;
  if (error instanceof AggregateError && error.errors.length > 0)
    return [error.message, ...error.errors.map(explain)].filter(Boolean).join("\n");
  if (code === "EADDRINUSE") return inUse(error as NodeJS.ErrnoException);
  if (code === "ERR_MODULE_NOT_FOUND") return readableUrls(error.message);
  // The position of a syntax error stands only in the first line of its stack.
  const place = error instanceof SyntaxError ? error.stack?.split("\n")[0] : firstOwnFrame(error);
  const cause = error.cause instanceof Error ? `\n  because ${explain(error.cause)}` : "";
  return (
    readableUrls(`${error.name === "Error" ? "" : `${error.name}: `}${error.message}`) +
    (place ? `\n  at ${readableUrls(place)}` : "") +
    cause
  );
}

function inUse({ port, address }: NodeJS.ErrnoException & { port?: number; address?: string }): string {
  return `Port ${port ?? "?"}${address ? ` of ${address}` : ""} is in use. Stop what uses it, or choose another port.`;
}

/** The first place in code that is neither Node's nor a dependency's. */
function firstOwnFrame(error: Error): string | undefined {
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const own = frames.find((line) => !line.includes("node:internal") && !line.includes("/node_modules/"));
  return own?.replace(/^\s+at (?:.*\((.*)\)|(.*))$/, "$1$2");
}

function readableUrls(text: string): string {
  return text.replace(/file:\/\/[^\s'")]+?(?=(?::\d+)*(?:[\s'")]|$))/g, (url) =>
    URL.canParse(url) ? fileURLToPath(url) : url,
  );
}

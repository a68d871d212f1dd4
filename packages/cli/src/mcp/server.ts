import { Writable } from "node:stream";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { lineWithoutSecrets } from "@kerf/runtime/log";
import { explain } from "../explain.ts";
import { takeStandardOutput } from "../output.ts";
import { bounded } from "./bounded.ts";
import type { Sources, Tool } from "./tool.ts";
import { callTools } from "./tools/calls.ts";
import { deadLetterTools } from "./tools/dead-letters.ts";
import { eventTools } from "./tools/events.ts";
import { logTools } from "./tools/logs.ts";
import { metricTools } from "./tools/metrics.ts";
import { sagaTools } from "./tools/sagas.ts";
import { serviceTools } from "./tools/services.ts";
import { traceTools } from "./tools/traces.ts";

const instructions = `This server shows an application made with Kerf: typed services that call each other, and tell each other of events.
To see why something failed: search_traces with status error, then get_trace; search_logs with its trace. A saga is a
business transaction over several services: list_sagas, get_saga. What a service can do: list_services, describe_service.
What was recorded is there after kerf dev has ended; calls need a running one.`;

/** Speaks the Model Context Protocol over standard input and output until whoever started it is gone, or `signal`. */
export async function serveMcp(version: string, sources: Sources, signal: AbortSignal): Promise<void> {
  const server = new McpServer({ name: "kerf", version }, { instructions, maxToolInputElements: 10_000 });
  const tools = [
    serviceTools,
    traceTools,
    logTools,
    metricTools,
    eventTools,
    deadLetterTools,
    sagaTools,
    callTools,
  ].flatMap((make) => make(sources));
  for (const one of tools) register(server, one);
  for (const format of ["openapi", "asyncapi"] as const)
    server.registerResource(
      format,
      `kerf://contracts/${format}.json`,
      {
        title: format === "openapi" ? "HTTP API (OpenAPI 3.1)" : "Events (AsyncAPI 3)",
        description: "The contracts of the application, made of their declarations as they are now.",
        mimeType: "application/json",
      },
      async ({ href }) => ({
        contents: [
          { uri: href, mimeType: "application/json", text: await clear(sources.describer.read(format)) },
        ],
      }),
    );

  const over = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => over.resolve(), { once: true });
  process.stdin.once("end", () => over.resolve()).once("close", () => over.resolve());
  await server.connect(new StdioServerTransport(process.stdin, ownOutput()));
  await over.promise;
  await server.close();
}

function register(server: McpServer, { name, title, description, input, changes, run }: Tool): void {
  const annotations = {
    readOnlyHint: !changes,
    ...(changes ? { destructiveHint: true } : {}),
    openWorldHint: false,
  };
  server.registerTool(name, { title, description, inputSchema: input, annotations }, async (given) => {
    const result = bounded(await clear(run(given)));
    // What a program wrote into a text, no schema knows.
    return { content: [{ type: "text", text: lineWithoutSecrets(JSON.stringify(result)) }] };
  });
}

/** Errors with what to do about them, and without stacks. */
async function clear<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new Error(lineWithoutSecrets(explain(error)), { cause: error });
  }
}

/** Standard output for the protocol alone: what else is printed in this process goes to standard error from here on. */
function ownOutput(): Writable {
  const write = takeStandardOutput();
  return new Writable({
    decodeStrings: false,
    write: (chunk: string | Uint8Array, _encoding, done) => void write(chunk, () => done()),
  });
}

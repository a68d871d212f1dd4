import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const bin = fileURLToPath(new URL("../bin/kerf.js", import.meta.url));

/** `kerf mcp` as an assistant's program runs it, with the stock client. */
export async function mcpClient(args: readonly string[], cwd: string) {
  const client = new Client({ name: "a test", version: "1" });
  /** What was on standard output and is no message of the protocol. */
  const strange: Error[] = [];
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it has no other way
  client.onerror = (error) => strange.push(error);
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [bin, "mcp", ...args],
      cwd,
      stderr: "ignore",
      env: process.env as Record<string, string>,
    }),
  );
  /** The text of every answer. */
  const seen: string[] = [];
  return {
    client,
    seen,
    strange,
    /** What a tool answers; `{ error }` where it refuses. */
    async ask(name: string, given: Record<string, unknown> = {}): Promise<Record<string, any>> {
      const { content, isError } = await client.callTool({ name, arguments: given });
      const [{ text }] = content as [{ text: string }];
      seen.push(text);
      return isError ? { error: text } : (JSON.parse(text) as Record<string, any>);
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

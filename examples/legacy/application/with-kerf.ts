import type { Server } from "node:http";
import { embed, type EmbedOptions } from "@kerf/cli";
import express from "express";
import { bookshop } from "./app.ts";

/** The bookshop with services of Kerf inside of it, in one process. */
export async function bookshopWithKerf(
  options: EmbedOptions,
  port: number,
): Promise<{ server: Server; close(): Promise<void> }> {
  // #region embed
  const kerf = await embed(options);
  const app = express();
  app.use("/services", kerf.express);
  app.use(bookshop());
  const server = app.listen(port, "127.0.0.1");
  // #endregion
  return {
    server,
    async close() {
      server.close();
      await kerf.drain(10_000);
      server.closeAllConnections();
    },
  };
}

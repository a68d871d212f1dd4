import type { Server } from "node:http";
import type { RequestHandler, Response } from "express";
import { WebSocketServer } from "ws";

const listeners = new Set<Response>();

/** Server-sent events: what happens in the shop. */
export const listen: RequestHandler = (_request, response) => {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.write("data: welcome\n\n");
  listeners.add(response);
  response.on("close", () => listeners.delete(response));
};

export function tell(text: string): void {
  for (const response of listeners) response.write(`data: ${text}\n\n`);
}

/** A WebSocket at /chat that answers in capitals. */
export function chat(server: Server): void {
  const sockets = new WebSocketServer({ server, path: "/chat" });
  sockets.on("connection", (socket) =>
    socket.on("message", (data) => socket.send(String(data).toUpperCase())),
  );
}

import { readFileSync } from "node:fs";
import cookieSession from "cookie-session";
import express, { type Express } from "express";
import { api } from "./api.ts";
import { books } from "./books.ts";
import { listen as listenToEvents } from "./events.ts";

/** A bookshop as many were written: pages, forms, a session in a cookie, a JSON API, downloads and live events. */
export function bookshop(): Express {
  const app = express();
  const guests: string[] = [];
  app.use(cookieSession({ name: "session", keys: ["not a secret: an example"], httpOnly: true }));

  app.get("/", (request, response) => {
    const rows = books.map(({ title, cents }) => `<li>${title}: £${(cents / 100).toFixed(2)}</li>`);
    const visits = (request.session!["visits"] = ((request.session!["visits"] as number) ?? 0) + 1);
    response.send(
      `<!doctype html><title>Books</title><p>Visit ${visits}</p><ul>${rows.join("")}</ul>` +
        `<ol>${guests.map((guest) => `<li>${escaped(guest)}</li>`).join("")}</ol>` +
        `<form method="post" action="/guests"><input name="name"><button>Sign</button></form>`,
    );
  });
  app.post("/guests", express.urlencoded({ extended: false }), (request, response) => {
    const { name } = request.body as { name?: string };
    if (name) guests.push(name);
    response.redirect(303, "/");
  });
  app.get("/catalogue.csv", (_request, response) => {
    response.attachment("catalogue.csv");
    response.send(["isbn,title", ...books.map(({ isbn, title }) => `${isbn},${title}`)].join("\n"));
  });
  app.get("/events", listenToEvents);
  app.post("/uploads", (request, response) => {
    let bytes = 0;
    request.on("data", (chunk: Buffer) => (bytes += chunk.length));
    request.on("end", () => response.json({ bytes }));
  });
  const document = readFileSync(new URL("./openapi.yaml", import.meta.url), "utf8");
  app.get("/openapi.yaml", (_request, response) => void response.type("application/yaml").send(document));
  app.use("/api", api());
  return app;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

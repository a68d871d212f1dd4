import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bookshopWithKerf } from "../application/with-kerf.ts";
import { copyExample } from "./running.ts";

it("runs services inside of the application's own process and server", async () => {
  const example = copyExample("kerf.one-route.ts");
  try {
    const environment = { KERF_LOG_LEVEL: "error" };
    const { server, close } = await bookshopWithKerf(
      { config: join(example.folder, "kerf.config.ts"), data: join(example.folder, ".kerf"), environment },
      0,
    );
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const isbn = "9780141439600";
    const theirs = await fetch(`${url}/api/books/${isbn}`);
    const ours = await fetch(`${url}/services/v1/books/${isbn}`);
    expect(await ours.json()).toEqual(await theirs.json());
    expect(ours.headers.get("x-content-type-options")).toBe("nosniff");
    expect((await fetch(`${url}/services/v1/books/0`)).status).toBe(409);
    expect(await (await fetch(url)).text()).toContain("Crime and Punishment");
    await close();
    await expect(fetch(url)).rejects.toThrow();
  } finally {
    example.remove();
  }
}, 60_000);

import { reading } from "./reading.ts";
import { changing } from "./changing.ts";
import { operating } from "./operating.ts";
import type { Handle } from "./handle.ts";
import { Refusal } from "./refusal.ts";

const routes: readonly { method: string; path: readonly string[]; handle: Handle }[] = Object.entries({
  ...reading,
  ...changing,
  ...operating,
}).map(([route, handle]) => {
  const [method, path] = route.split(" ") as [string, string];
  return { method, path: path.split("/"), handle };
});

/** Finds who answers. @throws Refusal 404, or 405 */
export function routeOf(method: string, path: string): { handle: Handle; path: string[] } {
  const given = path.split("/");
  const found = routes.filter(
    (route) =>
      route.path.length === given.length && route.path.every((part, i) => part === "*" || part === given[i]),
  );
  if (found.length === 0) throw new Refusal(404, "there is nothing here");
  const route = found.find((one) => one.method === method);
  if (!route) throw new Refusal(405, `this takes ${found.map((one) => one.method).join(" and ")}`);
  const names = given.filter((_, i) => route.path[i] === "*");
  try {
    return { handle: route.handle, path: names.map(decodeURIComponent) };
  } catch {
    throw new Refusal(400, "the path is not encoded as it should be");
  }
}

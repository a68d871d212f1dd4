import { settingName } from "../service/settings.ts";

/**
 * The databases of an application's services and of its broker, by service, `"<service>.<field>"` (of a setting that
 * asks for one) and `"broker"`: as a setting names it, else as `find` gives it by its name.
 */
export async function databaseUrls(
  app: string,
  services: readonly string[],
  settings: Readonly<Record<string, string | undefined>>,
  find: (names: readonly string[]) => Promise<ReadonlyMap<string, string>>,
  further: ReadonlyMap<string, string> = new Map(),
): Promise<Map<string, string>> {
  const names = [...services.map((name) => [name, name] as const), ...further, ["broker", "broker"] as const];
  const own = new Map<string, string>();
  const rest = new Map<string, string>();
  for (const [key, part] of names) {
    const [service, field] = key.split(".");
    const setting =
      key === "broker" ? "KERF_BROKER_DATABASE_URL" : settingName(service!, field ?? "databaseUrl");
    const url = settings[setting];
    if (url === undefined) rest.set(key, databaseName(app, part));
    else own.set(key, url);
  }
  const found = await find([...rest.values()]);
  const known = [...rest].flatMap(([key, name]) =>
    found.has(name) ? [[key, found.get(name)!] as const] : [],
  );
  return new Map([...own, ...known]);
}

function databaseName(app: string, part: string): string {
  return `${app.replaceAll("-", "_")}_${part.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}

import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { logRowOf, openDashboard, type Application, type Control, type Dashboard } from "@kerf/dashboard";
import { createLog, loadGraph, openOperations, openServer, type Operations } from "@kerf/runtime";
import { loadConfiguration } from "../../configuration.ts";
import { explain } from "../../explain.ts";
import { retentionOf } from "../../settings.ts";
import { describeAnew, stateAnew } from "./anew.ts";
import type { Described, FromDashboard, Opening, ToDashboard } from "./messages.ts";

const PATIENCE_MS = 10_000;
/** Longer than a unit is waited for. */
const CALL_PATIENCE_MS = 20_000;

/** In the dashboard's process: serves until the supervisor says the end, or is gone. Gives the exit code. */
export async function beDashboard(): Promise<number> {
  const ended = Promise.withResolvers<void>();
  const opening = Promise.withResolvers<Opening>();
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let gateway: string | undefined;
  let application: Promise<Application> | undefined;
  let dashboard: Dashboard | undefined;
  let lastId = 0;
  /** What was written before the storage was open. */
  const early: (readonly [string, string])[] = [];

  const heard: { [K in ToDashboard["kerf"]]: (message: Extract<ToDashboard, { kerf: K }>) => void } = {
    open: (message) => opening.resolve(message),
    lines({ lines }) {
      if (dashboard) takeLines(lines);
      else early.push(...lines);
    },
    gateway: ({ url }) => (gateway = url),
    changed() {
      application = undefined;
      dashboard?.changed();
    },
    answer({ id, value, error }) {
      const asked = waiting.get(id);
      if (error === undefined) asked?.resolve(value);
      else asked?.reject(new Error(error));
    },
    end: () => ended.resolve(),
  };
  process.on("message", (message: ToDashboard) => (heard[message.kerf] as (m: ToDashboard) => void)(message));
  process.once("disconnect", () => ended.resolve());
  // Ctrl-C reaches this process too; its supervisor says when, after the units have sent their last.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

  async function ask<T>(question: (id: number) => FromDashboard, patienceMs = PATIENCE_MS): Promise<T> {
    const id = ++lastId;
    const asked = Promise.withResolvers<unknown>();
    waiting.set(id, asked);
    const late = setTimeout(() => asked.reject(new Error("kerf dev does not answer")), patienceMs);
    try {
      say(question(id));
      return (await asked.promise) as T;
    } finally {
      clearTimeout(late);
      waiting.delete(id);
    }
  }

  const options = await opening.promise;
  const log = createLog({ unit: "dashboard" });

  function takeLines(lines: readonly (readonly [string, string])[]): void {
    const rows = lines.flatMap(
      ([process, line]) => logRowOf(line, { app: options.app, unit: process.split("/")[0]! }) ?? [],
    );
    if (rows.length > 0) dashboard!.take(rows);
  }

  function describe(): Promise<Application> {
    const asked = (application ??= describeAnew(options));
    // A file that is wrong now may be right the next time that somebody looks.
    asked.catch(() => {
      if (application === asked) application = undefined;
    });
    return asked;
  }

  const control: Control = {
    describe: () => ask<Described>((id) => ({ kerf: "describe", id })),
    restart: (process) => ask((id) => ({ kerf: "restart", id, process })),
    drain: (unit) => ask((id) => ({ kerf: "drain", id, unit })),
  };
  const records = recordsOf(options);
  try {
    dashboard = await openDashboard({
      ...options,
      file: join(options.dataDir, "telemetry.db"),
      gateway: () => gateway,
      application: describe,
      operations: records.open,
      state: (event) => stateAnew(options, event),
      identity: options.people && {
        people: options.people,
        token: (person) => ask((id) => ({ kerf: "token", id, person })),
      },
      callPastGateway: (call) => ask((id) => ({ kerf: "call", id, call }), CALL_PATIENCE_MS),
      control,
      who: nameOfUser(),
      onError: (error) => log.error({ err: error }, "the dashboard could not answer"),
    });
  } catch (error) {
    say({ kerf: "failed", message: explain(error) });
    return 0;
  }
  takeLines(early);
  say({ kerf: "opened" });
  await ended.promise;
  await dashboard.close();
  await records.close();
  return 0;
}

function say(message: FromDashboard): void {
  if (process.connected) process.send!(message);
}

/** The records of the services, as `kerf sagas` reads them; their server is let go at the end. */
function recordsOf({ config, dataDir }: Opening) {
  let server: ReturnType<typeof openServer> | undefined;
  const url = process.env["KERF_DATABASE_URL"] || undefined;

  async function open(): Promise<Operations> {
    // To look must not make a server.
    if (url === undefined && !existsSync(join(dataDir, "postgres")))
      throw new Error("there is no database yet");
    const { app } = await loadConfiguration(config);
    const graph = await loadGraph(app);
    server ??= openServer(url === undefined ? { dataDir } : { url });
    server.catch(() => (server = undefined));
    const keptMs = retentionOf(process.env)?.handledMs;
    return openOperations({
      graph,
      server: await server,
      settings: process.env,
      ...(keptMs === undefined ? {} : { keptMs }),
    });
  }

  return {
    open,
    async close() {
      await (await server?.catch(() => undefined))?.close({ now: true });
    },
  };
}

function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

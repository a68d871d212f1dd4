import { join } from "node:path";
import type { RunningProvider } from "@kerf/identity";
import { referenceClient, type App, type DevelopmentClient, type DevelopmentProvider } from "kerf";
import type { Environment } from "../settings.ts";
import type { Places } from "./environment.ts";
import { freePorts, isFree } from "./ports.ts";
import type { Report } from "./report.ts";

/** The OpenID provider of a session: where it is, once it runs. */
export interface SessionProvider {
  readonly issuer: string;
  readonly people: readonly {
    readonly id: string;
    readonly name: string;
    readonly roles: readonly string[];
  }[];
  /** A short access token of one of them. Rejects where it does not run, or for somebody unknown. */
  tokenFor(person: string): Promise<string>;
  /** Resolves with whether it runs; why it does not is in the report. */
  start(report: Report): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Finds a port for the provider of an application's development, next to the gateway's where that is free: the issuer is
 * then the same the next time, and who is logged in stays so. Undefined where the application has nobody to log in as,
 * or this machine names another provider.
 */
export async function chooseProvider(
  app: App,
  places: Places,
  environment: Environment = process.env,
): Promise<SessionProvider | undefined> {
  const declared = app.gateway.developmentProvider;
  if (!declared || environment["KERF_OIDC_ISSUER"]) return undefined;
  const { host } = places;
  const beside = places.port + 1;
  const port = beside < 65_536 && (await isFree(host, beside)) ? beside : (await freePorts(host, 1))[0]!;
  const gateway = `http://${host}:${places.port}`;
  let running: Promise<RunningProvider | undefined> | undefined;

  async function open(report: Report) {
    try {
      // Its code is loaded here and while the units load theirs: a session without people has no use for it.
      const { startProvider } = await import("@kerf/identity");
      return await startProvider({
        host,
        port,
        audience: app.name,
        people: declared!.people,
        clients: clientsOf(declared!).map((client) => placed(client, gateway)),
        dataDir: join(places.dataDir, "identity"),
        log: (level, message) => report.say(level, message, { event: "identity" }),
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      report.say("error", `Nobody can log in, since the identity provider does not start: ${reason}`, {
        event: "identity-failed",
        reason,
      });
      return undefined;
    }
  }

  return {
    issuer: `http://${host}:${port}`,
    people: declared.people.map(({ id, name, roles = [] }) => ({ id, name, roles })),
    async tokenFor(person) {
      const provider = await running;
      if (!provider) throw new Error("the identity provider does not run");
      return provider.tokenFor(person);
    },
    async start(report) {
      running ??= open(report);
      return (await running) !== undefined;
    },
    async close() {
      await (await running)?.close();
    },
  };
}

/** The declared ones, and the pages at `/docs/`, which are there under `kerf dev` without being asked for. */
function clientsOf({ clients }: DevelopmentProvider): readonly DevelopmentClient[] {
  if (clients.some(({ id }) => id === referenceClient)) return clients;
  const redirectUris = ["{gateway}/docs/oauth2-redirect.html"];
  return [...clients, { id: referenceClient, name: "the reference", redirectUris }];
}

function placed(client: DevelopmentClient, gateway: string): DevelopmentClient {
  // People write either into the address bar, and to a browser they are two places.
  const places = [gateway, gateway.replace("//127.0.0.1:", "//localhost:")];
  const at = (uris: readonly string[] | undefined) => [
    ...new Set((uris ?? []).flatMap((uri) => places.map((place) => uri.replace("{gateway}", place)))),
  ];
  return {
    ...client,
    redirectUris: at(client.redirectUris),
    postLogoutRedirectUris: at(client.postLogoutRedirectUris),
  };
}

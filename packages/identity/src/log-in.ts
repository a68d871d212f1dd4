import type { IncomingMessage, ServerResponse } from "node:http";
import type Provider from "oidc-provider";
import { countAttempts } from "./attempts.ts";
import type { Person } from "./options.ts";
import { failurePage } from "./pages/failure.ts";
import { logInPage } from "./pages/log-in.ts";
import { sendPage } from "./pages/page.ts";
import { isPassword } from "./passwords.ts";

/** Within five minutes: wrong passwords of one person, and passwords of any kind from one address. */
const WINDOW_MS = 5 * 60_000;
const MOST_PER_PERSON = 10;
const MOST_PER_ADDRESS = 100;

const MOST_BYTES = 4_096;

export interface LogIn {
  /** Answers what is below `/interaction/`. */
  (provider: Provider, request: IncomingMessage, response: ServerResponse, address: string): Promise<void>;
}

/** The page on which somebody says who they are. */
export function logInWith(people: readonly Person[]): LogIn {
  const byId = new Map(people.map((person) => [person.id, person]));
  const perPerson = countAttempts(MOST_PER_PERSON, WINDOW_MS);
  const perAddress = countAttempts(MOST_PER_ADDRESS, WINDOW_MS);

  return async (provider, request, response, address) => {
    if (request.method !== "GET" && request.method !== "POST")
      return sendPage(response, 405, failurePage("method_not_allowed", "This page takes GET and POST."));
    // Its cookie is bound to this very log-in: a link that somebody else began is worth nothing here.
    const { uid, params } = await provider.interactionDetails(request, response);
    const clientId = typeof params["client_id"] === "string" ? params["client_id"] : "";
    const client = await provider.Client.find(clientId);
    const parts = {
      client: client?.clientName ?? clientId,
      people,
      action: `/interaction/${uid}`,
      redirectUri: params["redirect_uri"],
    };
    if (request.method === "GET") return sendPage(response, 200, logInPage(parts));

    const form = await readForm(request);
    const person = byId.get(form?.get("person") ?? "");
    if (!form || !person)
      return sendPage(response, 400, failurePage("invalid_request", "There is nobody of that name."));
    const keys = [[perPerson, person.id] as const, [perAddress, address] as const];
    if (person.passwordHash !== undefined) {
      const wait = Math.max(...keys.map(([attempts, key]) => attempts.waitSeconds(key)));
      if (wait > 0) {
        response.setHeader("retry-after", wait);
        const text = `Too many wrong passwords. Try again in ${Math.ceil(wait / 60)} min.`;
        return sendPage(response, 429, logInPage({ ...parts, problem: { person: person.id, text } }));
      }
      // Counted before it is checked: tries at the same time must not all be the first.
      for (const [attempts, key] of keys) attempts.failed(key);
      if (!(await isPassword(form.get("password") ?? "", person.passwordHash))) {
        const text = "That is not the password.";
        return sendPage(response, 401, logInPage({ ...parts, problem: { person: person.id, text } }));
      }
      perPerson.succeeded(person.id);
    }
    await provider.interactionFinished(request, response, { login: { accountId: person.id } });
  };
}

/** Undefined where it is no form, or too large. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers["content-type"] ?? "")) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
}

import { refuse } from "./refuse.ts";
import { unique } from "./unique.ts";

/**
 * The people and programs of the OpenID provider that `kerf dev` starts beside the application. It is for development:
 * who sees its page can be anybody on it. Elsewhere `identity` says whose tokens are believed.
 */
export interface DevelopmentProvider {
  readonly people: readonly DevelopmentPerson[];
  readonly clients: readonly DevelopmentClient[];
}

/** Somebody to log in as. */
export interface DevelopmentPerson {
  readonly id: string;
  readonly name: string;
  readonly email?: string;
  readonly roles?: readonly string[];
}

/** A program that asks for tokens. One without a secret is public, such as a front end in a browser. */
export interface DevelopmentClient {
  readonly id: string;
  /** As people read it; the id where absent. */
  readonly name?: string;
  /** With one, it may have tokens of its own: client credentials. */
  readonly secret?: string;
  /** Where people come back to after logging in, to the letter. `{gateway}` stands for the gateway's URL. */
  readonly redirectUris?: readonly string[];
  readonly postLogoutRedirectUris?: readonly string[];
  /** Of its own tokens. */
  readonly roles?: readonly string[];
}

const idPattern = /^[\w.@-]{1,100}$/;

/** @throws DeclarationError */
export function checkDevelopmentProvider({ people, clients }: DevelopmentProvider, place: string): void {
  if (!Array.isArray(people) || people.length === 0)
    refuse(`${place}.people`, "lists nobody", 'add somebody to log in as: { id: "alice", name: "Alice" }');
  if (!Array.isArray(clients))
    refuse(`${place}.clients`, "is no list", "list the programs that people log in to");
  for (const [what, entries] of Object.entries({ people, clients })) {
    for (const { id } of entries)
      if (!idPattern.test(id))
        refuse(
          `${place}.${what}`,
          `the id "${id}" is not 1 to 100 letters, digits, dots, dashes, underscores and @`,
          "change it",
        );
    unique(
      entries.map(({ id }) => id),
      `${place}.${what}`,
      "give each an id of its own",
    );
  }
  // A program's own tokens have its id, too: it must be nobody's.
  unique(
    [...people, ...clients].map(({ id }) => id),
    place,
    "let no client be called as a person is",
  );
  for (const client of clients as readonly DevelopmentClient[]) {
    const at = `${place}.clients: "${client.id}"`;
    if (client.secret === undefined && (client.redirectUris ?? []).length === 0)
      refuse(
        at,
        "has neither redirectUris nor a secret, so it can do nothing",
        "add redirectUris for a browser, or a secret for a machine",
      );
    for (const uri of [...(client.redirectUris ?? []), ...(client.postLogoutRedirectUris ?? [])])
      if (!/^(?:https?:\/\/[^/?#\s]+|\{gateway\})(?:\/[^#\s]*)?$/.test(uri))
        refuse(at, `the redirect URI "${uri}" is no URL`, 'write it in full, such as "{gateway}/callback"');
  }
}

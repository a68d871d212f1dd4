import { refuse } from "./refuse.ts";

/** The pages at `/docs` on which people read what they can call, try it, and log in to do so. */
export interface ReferenceSettings {
  /**
   * The public client (no secret, authorization code with PKCE) by which people log in there, as the provider knows it.
   * Its redirect URI is `<gateway>/docs/oauth2-redirect.html`. {@link referenceClient} where absent.
   */
  readonly clientId?: string;
}

/** The client by which people log in where nothing else is said. */
export const referenceClient = "reference";

/** @throws DeclarationError */
export function checkReference(settings: boolean | ReferenceSettings, place: string): void {
  if (typeof settings === "boolean") return;
  if (typeof settings !== "object" || settings === null)
    refuse(place, "is neither true nor settings", 'write reference: true, or { clientId: "…" }');
  if (settings.clientId !== undefined && !/^[!-~]{1,200}$/.test(settings.clientId))
    refuse(
      `${place}.clientId`,
      "is not 1 to 200 visible ASCII characters",
      "write the client's id as the provider has it",
    );
}

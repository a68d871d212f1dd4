import { isSafeUrl } from "./identity.ts";
import { refuse } from "./refuse.ts";

/** `gateway: { cdn: { … } }` of an app: a CDN or cache that stands in front of the gateway and can be purged by keys. */
export interface CdnSettings {
  /**
   * Asked by POST to forget what has one of the keys in its `Surrogate-Key` header, and in `{"tags":[…]}`. KERF_CDN_PURGE_URL
   * says another on a machine. It is given KERF_CDN_TOKEN, where that is set.
   */
  readonly purgeUrl: string;
  /** The header that has the token, such as `"fastly-key"`. `authorization: Bearer …` where absent. */
  readonly tokenHeader?: string;
}

/** Checks the CDN of an app. @throws DeclarationError */
export function checkCdn(cdn: CdnSettings | undefined, place: string): void {
  if (cdn === undefined) return;
  if (typeof cdn !== "object" || cdn === null || typeof cdn.purgeUrl !== "string")
    refuse(place, "has no purgeUrl", 'write { purgeUrl: "https://cdn.example/purge" }');
  const other = Object.keys(cdn).find((key) => key !== "purgeUrl" && key !== "tokenHeader");
  if (other !== undefined) refuse(`${place}.${other}`, "is unknown", "it has `purgeUrl` and `tokenHeader`");
  checkPurgeUrl(cdn.purgeUrl, `${place}.purgeUrl`);
  if (cdn.tokenHeader !== undefined && !/^[a-z][a-z0-9-]{0,40}$/i.test(cdn.tokenHeader))
    refuse(`${place}.tokenHeader`, "is no name of a header", 'write one such as "fastly-key"');
}

/** @throws DeclarationError where a token sent there could be read on the way */
export function checkPurgeUrl(text: string, place: string): URL {
  const url = URL.parse(text);
  if (url === null || !isSafeUrl(url) || url.username !== "" || url.password !== "" || url.hash !== "")
    return refuse(
      place,
      "is not an https URL without credentials",
      "write https://…, and give the token by KERF_CDN_TOKEN; http is for this machine only",
    );
  return url;
}

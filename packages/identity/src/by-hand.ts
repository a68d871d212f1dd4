import type { Provider } from "oidc-provider";
import { BY_HAND, resourceOf, resourceServerOf } from "./configuration.ts";
import type { Keys } from "./keys.ts";
import { ProviderError, type ProviderOptions } from "./options.ts";

/** For one call that a developer makes: less than those of somebody who logged in. */
const BY_HAND_SECONDS = 60;

/** @throws ProviderError for somebody unknown, and where the provider is reached from elsewhere */
export async function tokenByHand(
  provider: Provider,
  options: ProviderOptions,
  keys: Keys,
  personId: string,
): Promise<string> {
  if (options.exposed)
    throw new ProviderError(
      "A provider that is exposed makes tokens for nobody who has not logged in. Log in.",
    );
  if (!options.people.some(({ id }) => id === personId))
    throw new ProviderError(
      `There is nobody called "${personId}" to have a token. Use the id of one of the people.`,
    );
  const client = await provider.Client.find(BY_HAND);
  const token = new provider.AccessToken({
    client: client!,
    accountId: personId,
    grantId: "",
    gty: "by_hand",
    expiresIn: BY_HAND_SECONDS,
    resourceServer: new provider.ResourceServer(resourceOf(options), resourceServerOf(options, keys)),
  });
  return token.save();
}

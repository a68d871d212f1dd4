import { lookup, type LookupAddress, type LookupOptions } from "node:dns";
import type { LookupFunction } from "node:net";
import { isForbiddenAddress } from "./address.ts";

/** The error code of a name that leads where nothing may be connected to. */
export const FORBIDDEN_ADDRESS = "ERR_FORBIDDEN_ADDRESS";

/**
 * Resolves names as `dns.lookup` does, and refuses one that leads to a forbidden address: whoever controls a name would
 * else choose, at any later time, whom this process asks. It is the `lookup` of `net.connect`, of `http.Agent` and of
 * undici's `connect`.
 */
export const outboundLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true } as LookupOptions & { all: true }, (error, addresses) => {
    if (error) return callback(error, "", 0);
    const refused = addresses.find(({ address }) => isForbiddenAddress(address));
    if (refused !== undefined) return callback(forbidden(hostname, refused), "", 0);
    if (options.all) return callback(null, addresses);
    callback(null, addresses[0]!.address, addresses[0]!.family);
  });
};

function forbidden(hostname: string, { address }: LookupAddress): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} leads to ${address}, which nothing may connect to`), {
    code: FORBIDDEN_ADDRESS,
  });
}

import { contractIdOf, StatusError } from "kerf";
import { misfit, refuseCaller, refuseInput, type MayCall } from "../call/dispatch.ts";
import type { DispatchStream } from "../transport/transport.ts";
import type { StreamEndpoint } from "./endpoints.ts";

/** The receiving side of every stream, the same for all transports: find, authorise, validate, run. */
export function streamDispatcher(
  endpoints: ReadonlyMap<string, StreamEndpoint>,
  mayCall: MayCall,
): DispatchStream {
  return ({ member, input, header }, reader) => {
    const endpoint = endpoints.get(member);
    if (!endpoint) throw new StatusError("UNIMPLEMENTED", `this unit answers no ${member}`);
    const refusal = refuseCaller(endpoint, header, (caller, id) => mayCall(caller, contractIdOf(id)));
    if (refusal) throw refusal;
    const checked = endpoint.validateInput(input);
    if (!checked.ok) throw misfit(member, checked.violations);
    const denial = refuseInput(endpoint, header, checked.value);
    if (denial) throw denial;
    return endpoint.run(checked.value, header, reader);
  };
}

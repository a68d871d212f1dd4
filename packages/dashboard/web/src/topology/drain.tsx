import { useState } from "preact/hooks";
import type { UnitView } from "../../../src/api/index.ts";
import { apiPath, tell } from "../ask.ts";
import { Confirm } from "../parts/confirm.tsx";

/** Has a unit finish what it does, after saying what that means for those who call it. */
export function Drain({ unit }: { unit: UnitView }) {
  const [asking, setAsking] = useState(false);
  const drain = () => tell(apiPath(`/units/${encodeURIComponent(unit.name)}/drain`), {});
  const several = unit.processes.length > 1;
  return (
    <>
      <button
        type="button"
        class="button"
        disabled={!unit.processes.some(({ state }) => state === "ready")}
        onClick={() => setAsking(true)}
      >
        Drain…
      </button>
      {asking && (
        <Confirm
          title={`Drain ${unit.name}?`}
          verb="Drain"
          danger
          act={drain}
          onClose={() => setAsking(false)}
        >
          <p class="soft">
            {several ? "Its processes finish" : "Its process finishes"} the calls, messages and saga steps
            that {several ? "they have" : "it has"} begun, and {several ? "take" : "takes"} nothing new. Calls
            of {unit.services.join(", ")}
            {unit.gateway && ", and all requests to the gateway,"} fail from then on; messages and sagas wait.
          </p>
          <p class="soft">Restart {several ? "them" : "it"} to go on.</p>
        </Confirm>
      )}
    </>
  );
}

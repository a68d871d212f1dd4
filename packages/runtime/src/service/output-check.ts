import type { Validator } from "../validate/index.ts";
import type { ServicePort } from "./port.ts";

/** What copies a reply, and throws where it does not fit the contract of the member with this id. */
export function outputCheck(
  port: ServicePort,
  member: string,
  validate: Validator,
): (output: unknown) => unknown {
  return (output) => {
    const checked = validate(output);
    if (checked.ok) {
      port.sizes.refuseLarge(checked.value, "reply", member);
      return checked.value;
    }
    throw new Error(
      `the reply of ${member} does not fit its contract: ${checked.violations.map((v) => `${v.path} ${v.message}`.trim()).join("; ")}`,
    );
  };
}

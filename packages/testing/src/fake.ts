import {
  describe,
  StatusError,
  type AnyContract,
  type Fail,
  type HandlerInput,
  type HandlerOutput,
  type ServiceDefinition,
} from "kerf";

type Fakes<C> = {
  readonly [K in keyof C as C[K] extends { readonly kind: "query" | "command" } ? K : never]?: (
    input: HandlerInput<C[K]>,
    context: { readonly fail: Fail<C[K]>; readonly id: string | undefined },
  ) => HandlerOutput<C[K]> | Promise<HandlerOutput<C[K]>>;
};

/** A stand-in for a service that a test does not run: members that are not given answer UNIMPLEMENTED. */
export function fake<const C extends AnyContract>(contract: C, members: Fakes<C>): ServiceDefinition {
  const { name, members: declared } = describe(contract);
  const given = members as Record<string, ((input: unknown, context: unknown) => unknown) | undefined>;
  const handle = Object.fromEntries(
    [...declared]
      .filter(([, member]) => member.kind !== "event")
      .map(([key, member]) => [
        key,
        async (input: unknown, context: unknown): Promise<unknown> => {
          const act = given[key];
          if (!act)
            throw new StatusError(
              "UNIMPLEMENTED",
              `the fake of ${name} has no ${key}: add it to fake(${name}, { ${key} })`,
            );
          return (await act(input, context)) ?? (member.kind === "event" ? undefined : {});
        },
      ]),
  );
  return { name, contract, needs: {}, handle, react: [], schedule: [], sagas: [] };
}

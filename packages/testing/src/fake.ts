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
  readonly [K in keyof C as C[K] extends { readonly kind: "query" | "command" | "stream" } ? K : never]?: (
    input: HandlerInput<C[K]>,
    context: { readonly fail: Fail<C[K]>; readonly id: string | undefined },
  ) => C[K] extends { readonly kind: "stream" }
    ? AsyncIterable<HandlerOutput<C[K]>>
    : HandlerOutput<C[K]> | Promise<HandlerOutput<C[K]>>;
};

/** A stand-in for a service that a test does not run: members that are not given answer UNIMPLEMENTED. */
export function fake<const C extends AnyContract>(contract: C, members: Fakes<C>): ServiceDefinition {
  const { name, members: declared } = describe(contract);
  const given = members as Record<string, ((input: unknown, context: unknown) => unknown) | undefined>;
  const lacking = (key: string): StatusError =>
    new StatusError(
      "UNIMPLEMENTED",
      `the fake of ${name} has no ${key}: add it to fake(${name}, { ${key} })`,
    );
  const streams = Object.fromEntries(
    [...declared]
      .filter(([, member]) => member.kind === "stream")
      .map(([key]) => [
        key,
        async function* (input: unknown, context: unknown): AsyncIterable<unknown> {
          const act = given[key];
          if (!act) throw lacking(key);
          yield* act(input, context) as AsyncIterable<unknown>;
        },
      ]),
  );
  const handle = Object.fromEntries(
    [...declared]
      .filter(([, member]) => member.kind === "query" || member.kind === "command")
      .map(([key]) => [
        key,
        async (input: unknown, context: unknown): Promise<unknown> => {
          const act = given[key];
          if (!act) throw lacking(key);
          return (await act(input, context)) ?? {};
        },
      ]),
  );
  return { name, contract, needs: {}, handle, streams, react: [], schedule: [], sagas: [], older: [] };
}

/** Chooses at its first sight whether a trace leaves the process. Those that fail or are slow leave all the same. */
export interface Sampler {
  /** Of a trace that begins here, by the last 32 bits of its id. */
  chooses(random: number): boolean;
  /** Of one that has begun, by its W3C trace context, which says what was chosen there. */
  follows(traceparent: string): boolean;
}

/**
 * The samplers that `OTEL_TRACES_SAMPLER` names. A ratio decides by the trace id, so that all processes decide alike.
 * @throws RangeError for a name or ratio that is none
 */
export function samplerOf(name = "parentbased_always_on", argument?: string): Sampler {
  const kind = name.replace(/^parentbased_/, "");
  const chooses = chooserOf(kind, argument);
  if (chooses === undefined)
    throw new RangeError(
      `OTEL_TRACES_SAMPLER is "${name}"; known are always_on, always_off and traceidratio, and each with parentbased_ before it`,
    );
  const follows: Sampler["follows"] =
    kind === name
      ? (traceparent) => chooses(Number.parseInt(traceparent.slice(27, 35), 16))
      : (traceparent) => (traceparent.charCodeAt(54) & 1) === 1;
  return { chooses, follows };
}

function chooserOf(kind: string, argument: string | undefined): Sampler["chooses"] | undefined {
  if (kind === "always_on") return () => true;
  if (kind === "always_off") return () => false;
  if (kind !== "traceidratio") return undefined;
  const ratio = argument === undefined ? 1 : Number(argument);
  if (!(ratio >= 0 && ratio <= 1))
    throw new RangeError(`OTEL_TRACES_SAMPLER_ARG is "${argument}"; it is a number from 0 to 1`);
  const bound = Math.ceil(ratio * 2 ** 32);
  // The last bits are random by the W3C's recommendation, also where the first are a time.
  return (random) => random < bound;
}

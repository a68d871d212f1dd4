/** Chooses at its first sight whether a trace leaves the process. Those that fail or are slow leave all the same. */
export interface Sampler {
  /** Of a trace that begins here. */
  chooses(traceId: string): boolean;
  /** Of one that came from elsewhere, with what was chosen there. */
  follows(traceId: string, sampled: boolean): boolean;
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
  return { chooses, follows: kind === name ? chooses : (_traceId, sampled) => sampled };
}

function chooserOf(kind: string, argument: string | undefined): Sampler["chooses"] | undefined {
  if (kind === "always_on") return () => true;
  if (kind === "always_off") return () => false;
  if (kind !== "traceidratio") return undefined;
  const ratio = argument === undefined ? 1 : Number(argument);
  if (!(ratio >= 0 && ratio <= 1))
    throw new RangeError(`OTEL_TRACES_SAMPLER_ARG is "${argument}"; it is a number from 0 to 1`);
  const bound = ratio * 2 ** 32;
  // The last digits are random by the W3C's recommendation, also where the first are a time.
  return (traceId) => Number.parseInt(traceId.slice(24), 16) < bound;
}

/** The largest data of a declared error and its violations, encoded: they travel in trailers, which peers limit to 64 KB. */
export const MAX_ERROR_BYTES = 32 * 1024;
/** More complaints about one input help nobody, and would not fit. */
export const MAX_VIOLATIONS = 32;
/** Of what is said of an error, in characters. */
export const MAX_TEXT = 400;
/** A caller that sets no deadline gets that of the edge. */
export const DEFAULT_TIMEOUT_MS = 10_000;
/** A caller may wait no longer than the longest thing that runs, a scheduled run. */
export const MAX_TIMEOUT_MS = 300_000;
/** Of one piece of metadata, in characters. */
export const MAX_METADATA = 4_096;

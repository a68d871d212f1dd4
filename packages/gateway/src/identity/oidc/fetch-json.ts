/** Discovery documents and key sets are a few KiB. */
const maxBytes = 256 * 1024;
const timeoutMs = 5_000;

/**
 * Fetches one JSON object. Follows no redirects (only the configured place is believed), and reads no more than 256 KiB
 * within 5 s.
 */
export async function fetchJson(url: string): Promise<Record<string, unknown>> {
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, { signal, redirect: "manual", headers: { accept: "application/json" } });
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel();
    throw new Error(`${url} answered ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`${url} answered with more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString());
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${url} did not answer with a JSON object`);
  return value as Record<string, unknown>;
}

/** Requests as bytes, for tests that write what no HTTP client would. */
export const host = "Host: shop.example\r\n";

export function get(target: string, headers = ""): string {
  return `GET ${target} HTTP/1.1\r\n${host}${headers}\r\n`;
}

export function post(headers: string, body: string): string {
  return `POST /v1/imports HTTP/1.1\r\n${host}Content-Type: application/json\r\n${headers}\r\n${body}`;
}

export function drip(text: string, times = 12): readonly (string | { waitMs: number })[] {
  return Array.from({ length: times }, () => [{ waitMs: 300 }, text]).flat();
}

/** Posts a JSON body as it is. */
export function jsonPost(url: string, body: string | Buffer): Promise<Response> {
  return fetch(`${url}/v1/imports`, {
    method: "POST",
    body: body as string,
    headers: { "content-type": "application/json" },
  });
}

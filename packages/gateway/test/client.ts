export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON; undefined where there is no body. */
  readonly body: any;
}

/** Asks one gateway and reads its JSON answers. The gateway may start later. */
export function clientOf(url: () => string) {
  async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(url() + path, init);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
  }
  function send(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return ask(path, {
      method,
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...headers },
    });
  }
  return { ask, send };
}

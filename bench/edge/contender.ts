/** One way to serve HTTP. */
export interface Contender {
  /** Serves all routes on a free port of loopback. Gives `http://127.0.0.1:port`. */
  serve(issuer: string): Promise<string>;
}

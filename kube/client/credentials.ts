import type { Dispatcher } from "undici";

/** The address of one API server, and the client's authentication. */
export interface Credentials {
  /** Its address; a path in it precedes the path of every request. */
  readonly server: URL;
  /** Opens a pool of connections to it. */
  connect(): Dispatcher;
  /** The headers that authenticate one request. The client calls this for each request, because tokens expire. */
  headers(): Promise<Readonly<Record<string, string | string[]>>>;
}

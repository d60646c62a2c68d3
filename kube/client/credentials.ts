import type { Dispatcher } from "undici";

/** How to reach one API server and be known to it. */
export interface Credentials {
  /** Its address; a path in it precedes the path of every request. */
  readonly server: URL;
  /** Opens a pool of connections to it. */
  connect(): Dispatcher;
  /** The headers that authenticate one request; asked for each request, since tokens expire. */
  headers(): Promise<Readonly<Record<string, string>>>;
}

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DashboardOptions, openDashboard } from "../../../dashboard/serve.ts";
import type { Kube } from "../../../kube/client/api.ts";
import type { Resource } from "../../../kube/core/resources.ts";
import { FakeApi } from "../../support/api.ts";
import { hastyClock } from "../../support/clock.ts";
import { rememberingLog } from "../../support/log.ts";

/** A page to serve. */
export const PAGE = "<!doctype html><title>Serin</title>";

/** A dashboard over an API server in memory, on a port of its own. */
export class RunningDashboard {
  /** How far (ms) the dashboard's clock is ahead: what it remembers becomes old. */
  aheadMs = 0;
  readonly clock = { ...hastyClock, now: () => hastyClock.now() + this.aheadMs };
  readonly api: FakeApi;
  readonly url: string;
  readonly log = rememberingLog();
  /** What lists of these kinds give: FakeApi selects neither by fields nor by sets. */
  readonly lists: Record<string, object[]> = { events: [], pods: [] };
  /** User → the namespaces that the user may see. */
  readonly rights: Record<string, readonly string[]> = {};
  readonly #end: () => Promise<void>;

  private constructor(api: FakeApi, url: string, end: () => Promise<void>) {
    this.api = api;
    this.url = url;
    this.#end = end;
  }

  /** Opens one over what `fill` puts into the API server. */
  static async open(
    fill: (api: FakeApi) => void,
    more: Partial<DashboardOptions> = {},
  ): Promise<RunningDashboard> {
    const api = await FakeApi.start();
    fill(api);
    const page = mkdtempSync(join(tmpdir(), "serin-page-"));
    writeFileSync(join(page, "index.html"), PAGE);
    writeFileSync(join(page, "app.js"), "// the page\n");
    const stop = new AbortController();
    const kube = api.connect();
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const running = new RunningDashboard(api, url, async () => {
      stop.abort();
      server.close();
      server.closeAllConnections();
      await kube.close();
      await api.stop();
      rmSync(page, { recursive: true });
    });
    const dashboard = openDashboard({
      ...{ kube: running.#serving(kube), prometheus: undefined, readers: { trusted: [] }, page },
      ...{ clock: running.clock, log: running.log, signal: stop.signal },
      ...more,
    });
    server.on("request", dashboard.app);
    await dashboard.synced;
    return running;
  }

  /** GET, or another method. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}/${path}`, init);
  }

  /** The JSON of an answer. */
  async json<T>(path: string, headers: Record<string, string> = {}): Promise<T> {
    return (await this.fetch(path, { headers })).json() as Promise<T>;
  }

  close(): Promise<void> {
    return this.#end();
  }

  #serving(kube: Kube): Kube {
    const list = (async (
      resource: Resource,
      ...rest: Parameters<Kube["list"]> extends [unknown, ...infer R] ? R : never
    ) => {
      const items = this.lists[resource.plural];
      return items === undefined ? kube.list(resource, ...rest) : { items, resourceVersion: "1" };
    }) as Kube["list"];
    const create = (async (resource: Resource, where: object, body: object) => {
      if (resource.plural !== "subjectaccessreviews") return kube.create(resource, where, body);
      const { user, resourceAttributes } = (
        body as { spec: { user: string; resourceAttributes: { namespace?: string } } }
      ).spec;
      return {
        ...body,
        status: { allowed: this.rights[user]?.includes(resourceAttributes.namespace ?? "") === true },
      };
    }) as Kube["create"];
    return { ...kube, list, create };
  }
}

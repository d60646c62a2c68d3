import { Counter, Histogram, type Registry } from "@prometheus-io/client";
import type { Kube } from "../kube/client/api.ts";
import { ApiError } from "../kube/client/errors.ts";
import type { Clock } from "../kube/core/clock.ts";
import type { KubeObject } from "../kube/core/meta.ts";
import type { Resource } from "../kube/core/resources.ts";
import { SECONDS } from "./buckets.ts";

/** The status of an answer, without a label for each kind of success: `2xx`, `409`, or `none` without an answer. */
function codeOf(error: unknown): string {
  return error instanceof ApiError ? String(error.status) : "none";
}

/**
 * The same API, whose calls are counted and timed. A list counts once, whatever its pages; a watch counts when it ends. No
 * label names an object or a namespace, because their number has no limit.
 */
export function countedKube(kube: Kube, registry: Registry, clock: Pick<Clock, "now">): Kube {
  const registers = [registry];
  const requests = new Counter({
    name: "serin_kube_requests_total",
    help: "Calls to the API server. A list counts once, a watch when it ends.",
    labelNames: ["verb", "resource", "code"],
    registers,
  });
  const durations = new Histogram({
    name: "serin_kube_request_duration_seconds",
    help: "The time until the API server had answered a call other than a watch.",
    labelNames: ["verb"],
    buckets: SECONDS,
    registers,
  });
  const counted = async <T>(verb: string, { plural: resource }: Resource, send: () => Promise<T>) => {
    const began = clock.now();
    try {
      const answer = await send();
      requests.inc({ verb, resource, code: "2xx" });
      return answer;
    } catch (error) {
      requests.inc({ verb, resource, code: codeOf(error) });
      throw error;
    } finally {
      durations.observe({ verb }, (clock.now() - began) / 1_000);
    }
  };
  return {
    ...kube,
    get: (resource, where) => counted("get", resource, () => kube.get(resource, where)),
    list: (resource, where, query, pick) =>
      counted("list", resource, () => kube.list(resource, where, query, pick)),
    create: (resource, where, body) => counted("create", resource, () => kube.create(resource, where, body)),
    jsonPatch: (resource, where, patch) =>
      counted("patch", resource, () => kube.jsonPatch(resource, where, patch)),
    mergePatch: (resource, where, patch) =>
      counted("patch", resource, () => kube.mergePatch(resource, where, patch)),
    strategicPatch: (resource, where, patch) =>
      counted("patch", resource, () => kube.strategicPatch(resource, where, patch)),
    delete: (resource, where, only) => counted("delete", resource, () => kube.delete(resource, where, only)),
    async *watch<T extends KubeObject>(...[resource, where, query, signal]: Parameters<Kube["watch"]>) {
      let code = "2xx";
      try {
        yield* kube.watch<T>(resource, where, query, signal);
      } catch (error) {
        code = signal.aborted ? "2xx" : codeOf(error);
        throw error;
      } finally {
        requests.inc({ verb: "watch", resource: resource.plural, code });
      }
    },
  };
}

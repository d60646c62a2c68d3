import { expect } from "chai";
import type { KubeObject } from "../../../../kube/core/meta.ts";
import { pods } from "../../../../kube/core/resources.ts";
import { reflect } from "../../../../kube/runtime/reflector.ts";
import { FakeApi } from "../../../support/api.ts";
import { hastyClock } from "../../../support/clock.ts";
import { eventually } from "../../../support/eventually.ts";
import { noLog } from "../../../support/log.ts";

describe("kube/reflect, after a single refused connection", () => {
  for (const initial of ["list", "watch"] as const)
    it(`starts from nothing, as the API server had ended: initial ${initial}`, async () => {
      const api = await FakeApi.start();
      const kube = api.connect();
      const stop = new AbortController();
      let [restores, waits] = [0, 0];
      let open: (() => Promise<void>) | undefined;
      const clock = {
        ...hastyClock,
        // The first wait is for the broken watch, and the second one for the refused connection.
        sleep: async () => {
          waits += 1;
          if (waits === 2) await open?.();
        },
      };
      api.add(pods, { metadata: { name: "a", namespace: "shop" } });
      const seen = reflect<KubeObject>({
        ...{ kube, resource: pods, initial, signal: stop.signal, clock, log: noLog },
        onChange: () => {},
        onRestored: () => (restores += 1),
      });
      await seen.synced;
      await eventually("watching", () => api.watching === 1);
      open = await api.shut();
      // As a backup has it.
      api.store.version = 10;
      api.store.changes.length = 0;
      api.change(pods, "shop/a", { spec: { x: 1 } });
      await eventually("restored", () => seen.get("shop/a")?.metadata.resourceVersion === "11");
      expect([restores, waits]).to.deep.equal([1, 2]);
      stop.abort();
      await kube.close();
      await api.stop();
    });
});

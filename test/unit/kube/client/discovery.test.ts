import { expect } from "chai";
import type { Kube } from "../../../../kube/client/api.ts";
import { discover, gatewayApi, negotiated } from "../../../../kube/client/discovery.ts";
import { ApiError, ConnectionError } from "../../../../kube/client/errors.ts";
import type { KubeObject } from "../../../../kube/core/meta.ts";
import { deployments, httpRoutes, referenceGrants } from "../../../../kube/core/resources.ts";
import { FakeClock } from "../../../support/clock.ts";

const missing = () => new ApiError(404, "Unknown", "404 page not found");

describe("kube/discovery", () => {
  it("reads what a group serves, version by version", async () => {
    const documents: Record<string, object> = {
      "/apis/g": { versions: [{ version: "v1" }, { version: "v1beta1" }, { version: "v0" }] },
      "/apis/g/v1": { resources: [{ name: "gateways" }, { name: "gateways/status" }] },
      "/apis/g/v1beta1": { resources: [{ name: "httproutes" }] },
    };
    const fetch = async (path: string) => {
      const found = documents[path];
      if (found === undefined) throw missing();
      return found;
    };
    expect(await discover(fetch, "g")).to.deep.equal([
      { version: "v1", plurals: ["gateways", "gateways/status"] },
      { version: "v1beta1", plurals: ["httproutes"] },
      { version: "v0", plurals: [] },
    ]);
    expect(await discover(fetch, "unknown")).to.deep.equal([]);
  });

  describe("negotiated", () => {
    let served: Record<string, string[]>;
    let asked: string[];
    let broken: boolean;
    let clock: FakeClock;
    let kube: Kube;
    beforeEach(() => {
      served = { v1: ["httproutes"], v1beta1: ["httproutes", "referencegrants"] };
      asked = [];
      broken = false;
      clock = new FakeClock();
      const fake = {
        async list({ version, plural }: typeof httpRoutes) {
          asked.push(`list ${version} ${plural}`);
          if (!served[version]?.includes(plural)) throw missing();
          return { items: [], resourceVersion: "1" };
        },
        async get({ version, plural }: typeof httpRoutes) {
          asked.push(`get ${version} ${plural}`);
          return {} as KubeObject;
        },
        async discover() {
          asked.push("discover");
          if (broken) throw new ConnectionError("no server answers");
          return Object.entries(served).map(([version, plurals]) => ({ version, plurals }));
        },
      };
      kube = negotiated(fake as unknown as Kube, { ...gatewayApi, clock });
    });

    it("asks for v1 and nothing else where that is served", async () => {
      await kube.list(httpRoutes, {});
      await kube.get(httpRoutes, { name: "web" });
      expect(asked).to.deep.equal(["list v1 httproutes", "get v1 httproutes"]);
    });

    it("uses v1beta1 for each kind whose v1 is not served, and returns to v1", async () => {
      served.v1 = [];
      await Promise.all([kube.list(httpRoutes, {}), kube.list(referenceGrants, {})]);
      expect(asked.filter((it) => it === "discover")).to.have.length(1);
      await kube.get(httpRoutes, { name: "web" });
      expect(asked.at(-1)).to.equal("get v1beta1 httproutes");
      served = { v1: ["httproutes"] };
      await clock.advance(10_000);
      await kube.list(httpRoutes, {});
      await kube.get(httpRoutes, { name: "web" });
      expect(asked.at(-1)).to.equal("get v1 httproutes");
    });

    it("says that there is none where no version is served, asks seldom, and finds what is installed later", async () => {
      served = {};
      for (let i = 0; i < 5; i += 1) {
        expect(await kube.list(httpRoutes, {}).catch((error) => error.status)).to.equal(404);
      }
      expect(asked.filter((it) => it === "discover")).to.have.length(1);
      served = { v1beta1: ["httproutes"] };
      await clock.advance(10_000);
      expect((await kube.list(httpRoutes, {})).items).to.deep.equal([]);
    });

    it("asks at once again when the question was not answered", async () => {
      served.v1 = [];
      broken = true;
      expect(await kube.list(httpRoutes, {}).catch((error) => error.message)).to.equal("no server answers");
      broken = false;
      expect((await kube.list(httpRoutes, {})).items).to.deep.equal([]);
    });

    it("leaves other groups alone", async () => {
      expect(await kube.list(deployments, {}).catch((error) => error.status)).to.equal(404);
      expect(asked).to.deep.equal(["list v1 deployments"]);
    });
  });
});

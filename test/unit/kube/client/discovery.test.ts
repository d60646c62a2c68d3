import { expect } from "chai";
import type { Kube } from "../../../../kube/client/api.ts";
import { discover, gatewayApi, negotiated } from "../../../../kube/client/discovery.ts";
import { ApiError, ConnectionError } from "../../../../kube/client/errors.ts";
import type { KubeObject } from "../../../../kube/core/meta.ts";
import { deployments, httpRoutes, referenceGrants } from "../../../../kube/core/resources.ts";
import { FakeClock } from "../../../support/clock.ts";

const missing = () => new ApiError(404, "Unknown", "404 page not found");

describe("kube/discovery", () => {
  it("reads what all groups serve by one request", async () => {
    const version = (name: string, ...plurals: string[]) => ({
      version: name,
      resources: plurals.map((resource) => ({ resource })),
    });
    const asked: string[] = [];
    const fetch = async (path: string, accept: string) => {
      asked.push(`${path} ${accept}`);
      const versions = [version("v1", "gateways"), version("v1beta1", "httproutes"), { version: "v0" }];
      return { items: [{ metadata: { name: "g" }, versions }, { metadata: { name: "h" } }] };
    };
    expect([...(await discover(fetch))]).to.deep.equal([
      [
        "g",
        [
          { version: "v1", plurals: ["gateways"] },
          { version: "v1beta1", plurals: ["httproutes"] },
          { version: "v0", plurals: [] },
        ],
      ],
      ["h", []],
    ]);
    expect(asked).to.deep.equal([
      "/apis application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
    ]);
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
          const versions = Object.entries(served).map(([version, plurals]) => ({ version, plurals }));
          return new Map([[gatewayApi.group, versions]]);
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

    it("remembers for ten seconds what is served, for every caller", async () => {
      served.v1 = [];
      await Promise.all([kube.discover(), kube.list(httpRoutes, {}), kube.discover()]);
      expect((await kube.discover()).get(gatewayApi.group)?.[1]?.version).to.equal("v1beta1");
      expect(asked.filter((it) => it === "discover")).to.have.length(1);
      await clock.advance(10_000);
      await kube.discover();
      expect(asked.filter((it) => it === "discover")).to.have.length(2);
    });

    it("leaves other groups alone", async () => {
      expect(await kube.list(deployments, {}).catch((error) => error.status)).to.equal(404);
      expect(asked).to.deep.equal(["list v1 deployments"]);
    });
  });
});

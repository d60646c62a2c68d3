import { expect } from "chai";
import { PageTooLong } from "../../../../kube/client/errors.ts";
import { listAll } from "../../../../kube/client/list.ts";
import type { KubeObject } from "../../../../kube/core/meta.ts";
import { httpRoutes } from "../../../../kube/core/resources.ts";
import { FakeApi } from "../../../support/api.ts";

const MIB = 1024 * 1024;

/** A server with objects of these sizes, in bytes. It remembers the limits that it was asked for. */
function serverOf(sizes: readonly number[]) {
  const limits: number[] = [];
  const fetch = async (query: URLSearchParams, longestBytes = Number.POSITIVE_INFINITY) => {
    const from = Number(query.get("continue") ?? 0);
    const limit = Number(query.get("limit"));
    limits.push(limit);
    const page = sizes.slice(from, from + limit);
    const bytes = page.reduce((sum, size) => sum + size, 0);
    if (bytes > longestBytes) throw new PageTooLong();
    const to = from + page.length;
    const metadata = { resourceVersion: "1", ...(to < sizes.length && { continue: String(to) }) };
    const items = page.map((_size, i) => ({ metadata: { name: `thing-${from + i}` } }));
    return { page: { apiVersion: "v1", kind: "ThingList", metadata, items }, bytes };
  };
  return { fetch, limits };
}

const whole = (object: KubeObject) => object;

describe("kube/list", () => {
  it("asks for fewer objects while an answer is too long, and for more when they are short again", async () => {
    const sizes = [...Array(600).fill(2_000), ...Array(100).fill(MIB / 4), ...Array(600).fill(2_000)];
    const { fetch, limits } = serverOf(sizes);
    const { items } = await listAll(fetch, {}, whole);
    expect(items.map(({ metadata }) => metadata.name)).to.deep.equal(sizes.map((_size, i) => `thing-${i}`));
    expect(limits.slice(0, 3)).to.deep.equal([500, 500, 63]);
    expect(limits.at(-1)).to.be.above(100);
    expect(limits.length).to.be.below(80);
  });

  it("wastes no answer on objects that are all as long", async () => {
    const { fetch, limits } = serverOf(Array(2_000).fill(255_000));
    expect((await listAll(fetch, {}, whole)).items).to.have.length(2_000);
    expect(limits.slice(0, 4)).to.deep.equal([500, 63, 8, 6]);
    expect(new Set(limits.slice(3))).to.deep.equal(new Set([6]));
  });

  it("reads an object by itself that is longer than a page may be", async () => {
    const { fetch } = serverOf([9 * MIB, 9 * MIB]);
    expect((await listAll(fetch, {}, whole)).items).to.have.length(2);
  });

  it("reads pages of the newest version where the server ignores the limit and the answer is too long", async () => {
    const { fetch, limits } = serverOf(Array(8).fill(MIB));
    const versions: (string | null)[] = [];
    const cached = (query: URLSearchParams, longestBytes?: number) => {
      versions.push(query.get("resourceVersion"));
      const asked = new URLSearchParams(query);
      if (query.has("resourceVersion")) asked.set("limit", "1000");
      return fetch(asked, longestBytes);
    };
    expect((await listAll(cached, { resourceVersion: "0" }, whole)).items).to.have.length(8);
    expect(versions.slice(0, 2)).to.deep.equal(["0", null]);
    expect(limits[0]).to.equal(1000);
  });

  it("reduces the objects of a page before it reads the next page", async () => {
    const { fetch } = serverOf(Array(1_200).fill(1_000));
    const steps: string[] = [];
    const noting = (query: URLSearchParams) => {
      steps.push("page");
      return fetch(query);
    };
    await listAll(noting, {}, (object: KubeObject) => {
      if (steps.at(-1) !== "pick") steps.push("pick");
      return object;
    });
    expect(steps).to.deep.equal(["page", "pick", "page", "pick", "page", "pick"]);
  });

  it("tells how long the objects of each page are, as their mean", async () => {
    const { fetch } = serverOf([...Array(500).fill(1_000), 2_000, 4_000]);
    const lengths: number[] = [];
    await listAll(fetch, {}, (object: KubeObject, bytes) => {
      lengths.push(bytes);
      return object;
    });
    expect(lengths).to.deep.equal([...Array(500).fill(1_000), 3_000, 3_000]);
  });

  it("stops reading an answer that is too long, and uses the connection again", async () => {
    const api = await FakeApi.start();
    const kube = api.connect();
    for (let i = 0; i < 24; i += 1) {
      const metadata = { name: `r-${i}`, namespace: "shop" };
      api.add(httpRoutes, { kind: "HTTPRoute", metadata, spec: { filler: "x".repeat(MIB / 4) } });
    }
    const { items } = await kube.list(httpRoutes, {}, {}, ({ metadata: { name } }) => ({
      metadata: { name },
    }));
    expect(items).to.have.length(24);
    const limits = api.requests.map(({ query }) => query.get("limit"));
    expect(limits.slice(0, 8)).to.deep.equal(["500", "63", "8", "1", "5", "5", "5", "5"]);
    await kube.close();
    await api.stop();
  });
});

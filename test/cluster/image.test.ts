import { expect } from "chai";
import { parseImage, react } from "./image.ts";
import { behaviourOf } from "./podinfo.ts";
import { sequence } from "./sequence.ts";

describe("an application image", () => {
  it("reads errors, latency and spread from the tag", () => {
    expect(parseImage("app:v1-err0.1-spread200")).to.deep.equal({
      version: "v1",
      errorPercent: 0.1,
      grpcStatus: 13,
      latencyMs: 0,
      spreadMs: 200,
    });
    expect(parseImage("registry.example/app:v2-rc1-lat40")).to.deep.include({
      version: "v2-rc1",
      latencyMs: 40,
      spreadMs: 0,
    });
    expect(parseImage("app:v3-err20-grpc14")).to.deep.include({ version: "v3", grpcStatus: 14 });
    expect(parseImage("app:v4-err20-status404")).to.deep.include({ version: "v4", status: 404 });
    expect(parseImage("app").version).to.equal("latest");
  });

  it("hangs at the rate of its tag, and draws no more numbers than ever without it", () => {
    const hanging = reactions("app:v2-hang70", 10_000).filter(({ hangs }) => hangs).length;
    expect(hanging).to.be.closeTo(7_000, 4 * Math.sqrt(2_100));
    expect(reactions("app:v1-err50", 64)).to.deep.equal(reactions("app:v1-err50-hang0", 64));
    expect(parseImage("app:v2-hang70")).to.deep.include({ version: "v2", hangPercent: 70 });
  });

  it("of podinfo listens on its port, and fails as its variable says", () => {
    const image = "ghcr.io/stefanprodan/podinfo:6.9.1";
    expect(behaviourOf({ image })).to.deep.include({ version: "6.9.1", port: 9898, errorPercent: 0 });
    const env = [{ name: "PODINFO_RANDOM_ERROR", value: "true" }];
    expect(behaviourOf({ image, env }).errorPercent).to.be.closeTo(11.1, 0.1);
    expect(behaviourOf({ image: "app:v1", env }).errorPercent).to.equal(0);
  });

  const reactions = (image: string, count: number, seed = "web-7d4b9c-x2k5p") => {
    const random = sequence(seed);
    return Array.from({ length: count }, () => react(parseImage(image), random));
  };

  it("has the median and the 99th percentile of its tag", () => {
    const latencies = reactions("app:v1-spread200", 100_000)
      .map(({ latencyMs }) => latencyMs)
      .toSorted((a, b) => a - b);
    expect(latencies[50_000]).to.be.within(49, 51);
    expect(latencies[99_000]).to.be.within(192, 208);
  });

  it("fails requests at the rate of its tag, each independently of the one before", () => {
    for (const percent of [0.1, 0.9, 5]) {
      const failed = reactions(`app:v1-err${percent}-spread200`, 200_000).map(({ status }) => status === 500);
      const count = failed.filter(Boolean).length;
      const expected = 2_000 * percent;
      expect(count, `failures at ${percent} %`).to.be.closeTo(expected, 4 * Math.sqrt(expected));
      const pairs = failed.filter((it, i) => it && failed[i + 1]).length;
      const independent = expected * (percent / 100);
      expect(pairs, `pairs at ${percent} %`).to.be.closeTo(independent, 4 * Math.sqrt(independent) + 1);
    }
  });

  it("gives each pod a random sequence of its own", () => {
    const pod = (seed: string) => reactions("app:v1-err50", 64, seed).map(({ status }) => status);
    expect(pod("web-a")).to.deep.equal(pod("web-a"));
    expect(pod("web-a")).to.not.deep.equal(pod("web-b"));
  });
});

import { expect } from "chai";
import { Namesakes } from "../../../evidence/namesakes.ts";
import { EvidenceReader } from "../../../evidence/reader.ts";
import type { Kube } from "../../../kube/client/api.ts";
import { httpRoutes } from "../../../kube/core/resources.ts";
import type { Route } from "../../../kube/core/routes.ts";
import type { RouteIndex } from "../../../kube/runtime/route-index.ts";
import { application } from "../../../rollout/gateways/metrics/application.ts";
import type { JudgeInput } from "../../../rollout/judge/evidence.ts";
import { FakeApi } from "../../support/api.ts";
import { aRoute } from "../../support/builders.ts";
import { FakeClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { noLog } from "../../support/log.ts";
import { followRoutes } from "../../support/route-index.ts";
import { aWatch, FakePrometheus } from "../evidence/metrics.ts";

const FROM = Date.UTC(2026, 0, 1, 12);
/** Traefik gives Service main-canary of namespace shop-web the name of Service web-main-canary of namespace shop. */
const watch = aWatch("web-main", FROM);
const trap = (service: string): Route =>
  aRoute({
    kind: "HTTPRoute",
    backends: [{ name: service, port: 80 }],
    meta: { namespace: "shop-web", name: "main" },
  });
const reason =
  "HTTPRoute/shop-web/main names Service shop-web/main-canary, whose series Traefik gives the same name as those of " +
  "Service shop/web-main-canary: rename one of them, annotate serin.dev/metrics: application, or promote the canary yourself";

describe("a route of another tenant whose series have the name of a rollout's", () => {
  let api: FakeApi;
  let kube: Kube;
  let stop: AbortController;
  let clock: FakeClock;
  let prometheus: FakePrometheus;
  let namesakes: Namesakes;
  let routes: RouteIndex;
  let reader: EvidenceReader;
  let asked: JudgeInput;

  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    stop = new AbortController();
    clock = new FakeClock(FROM + 2_000);
    prometheus = new FakePrometheus();
    asked = watch;
    prometheus.serve("web-main", FROM, { canaryFails: 0, stableFails: 0 });
    routes = await followRoutes(api, kube, stop.signal);
    namesakes = new Namesakes({ routes, clock });
    reader = new EvidenceReader({
      prometheus,
      namesakes,
      gates: async (_watch, before) => before,
      clock,
      log: noLog,
      signal: stop.signal,
      onRead: (uids) => {
        if (uids.includes(watch.uid)) reader.of(asked);
      },
    });
  });
  afterEach(async () => {
    stop.abort();
    await kube.close();
    await api.stop();
  });

  /** Failures of the trap, 100 a second from then on. */
  const fail = (since: number) =>
    prometheus.series.push({
      service: "web-main-canary",
      code: "503",
      value: (at) => (at < since ? undefined : (at - since) / 10),
    });
  const begin = async () => {
    reader.of(watch);
    await clock.advance(10_000);
  };
  const seen = (what: string, key = "httproute-shop-web-main/shop-web-main-canary") =>
    eventually(what, () => {
      const [{ pack } = { pack: undefined }] = watch.sources;
      return pack !== undefined && namesakes.doubts(pack)(watch.uid, key) !== undefined;
    });
  const failures = () => reader.of(watch).judged?.codes["503"] ?? 0;

  it("fails no good canary: from its creation on, Serin counts nothing and says why", async () => {
    await begin();
    const before = reader.of(watch).judged;
    expect(before?.inStep.canary).to.be.above(0);
    api.add(httpRoutes, trap("main-canary"));
    await seen("the trap");
    fail(clock.now());
    await clock.advance(60_000);
    expect(failures()).to.equal(0);
    const { judged, unread } = reader.of(watch);
    expect(unread).to.equal(reason);
    expect(judged?.inStep).to.deep.equal(before?.inStep);
    expect(judged?.at, "the ticks go on").to.be.at.least(clock.now() - 10_000);
  });

  it("hides no bad canary: failures that were counted before stay", async () => {
    const fails = FROM;
    prometheus.series.push({ service: "web-main-canary", code: "503", value: (at) => (at - fails) / 1000 });
    await begin();
    const counted = failures();
    expect(counted).to.be.above(0);
    api.add(httpRoutes, trap("main-canary"));
    await seen("the trap");
    await clock.advance(60_000);
    expect(failures()).to.equal(counted);
  });

  it("lets Serin go on ten minutes after it is gone, without its requests", async () => {
    await begin();
    api.add(httpRoutes, trap("main-canary"));
    await seen("the trap");
    const since = clock.now();
    prometheus.series.push({
      service: "web-main-canary",
      code: "503",
      value: (at) => (at < since ? undefined : Math.min(at, since + 30_000) - since),
    });
    await clock.advance(20_000);
    api.remove(httpRoutes, "shop-web/main");
    await clock.advance(500_000);
    expect(reader.of(watch).unread).to.equal(reason);
    await clock.advance(150_000);
    const before = reader.of(watch).judged?.inStep.canary ?? Number.NaN;
    await clock.advance(60_000);
    const { judged, unread } = reader.of(watch);
    expect(unread).to.equal(undefined);
    expect((judged?.inStep.canary ?? 0) - before).to.be.within(590, 610);
    expect(failures()).to.equal(0);
  });

  it("is not believed for a moment, if it comes and goes between two ticks", async () => {
    await begin();
    api.add(httpRoutes, trap("main-canary"));
    api.remove(httpRoutes, "shop-web/main");
    await seen("the trap");
    fail(clock.now());
    await clock.advance(60_000);
    expect(failures()).to.equal(0);
  });

  it("keeps Serin from the stable version's history while it is there", async () => {
    api.add(httpRoutes, trap("main"));
    await eventually("the trap", () => routes.list().length === 1);
    reader.of(watch);
    await clock.advance(30_000);
    const { judged, unread } = reader.of(watch);
    expect(judged).to.equal(undefined);
    expect(unread).to.include("names Service shop-web/main, whose");
  });

  it("keeps nobody from the application's metrics", async () => {
    await begin();
    api.add(httpRoutes, trap("main-canary"));
    await seen("the trap");
    await clock.advance(30_000);
    expect(reader.of(watch).unread).to.equal(reason);
    const sources = watch.sources.map((source) => ({ ...source, pack: application }));
    asked = { ...watch, sources };
    reader.of(asked);
    await clock.advance(10_000);
    expect(reader.of(asked).unread).to.equal(undefined);
  });

  it("is doubted, too, while Serin has no room for it", () => {
    const [{ pack } = { pack: undefined }] = watch.sources;
    const doubtWithout = (namespace: string) => {
      const none = { list: () => [], listen: () => {}, incomplete: () => new Set([namespace]) };
      const short = new Namesakes({ routes: none, clock });
      short.follow(watch);
      return pack && short.doubts(pack)(watch.uid, "httproute-shop-web-main/shop-web-main-canary");
    };
    expect(doubtWithout("shop-web")?.reason).to.include("no room for all routes of namespace shop-web");
    expect(doubtWithout("other")).to.equal(undefined);
  });

  it("does not matter if it names another Service, or is the rollout's own", async () => {
    api.add(httpRoutes, trap("other"));
    const backends = ["web-main", "web-main-canary"].map((name) => ({ name, port: 80 }));
    api.add(httpRoutes, aRoute({ kind: "HTTPRoute", backends, meta: { name: "web-main" } }));
    await begin();
    await clock.advance(60_000);
    expect(reader.of(watch).unread).to.equal(undefined);
    reader.forget(watch.uid);
  });
});

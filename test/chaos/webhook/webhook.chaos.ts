import { expect } from "chai";
import { appManifests } from "../../cluster/app.ts";
import { describeCluster } from "../../cluster/fixture.ts";
import { Shop } from "../../stories/shop.ts";
import { withoutWebhooks } from "./webhooks.ts";

/** An operation, kubectl's arguments, the webhook that must refuse it (if any), and kubectl's input. */
type Operation = readonly [
  what: string,
  args: string,
  refusedBy?: "new-version" | "rollout-in-flight" | "service-in-flight" | "route-in-flight" | undefined,
  input?: string,
];

const plan = { "serin.dev/steps": "20:10m", "serin.dev/compare": "off", "serin.dev/checks": "none" };
const patch = (body: object) => `--patch=${JSON.stringify(body)}`;
const APPLY = "apply -f -";
const SERVER_SIDE = "apply -f - --server-side --force-conflicts";

// Refusals involve only the API server and Serin, and every proxy continues to serve, so one gateway is enough.
describeCluster("without a webhook,", function () {
  this.timeout(180_000);
  let shop: Shop;
  beforeEach(async () => {
    shop = await Shop.open("away");
  });
  afterEach(() => shop.close());

  async function check(operations: readonly Operation[]): Promise<void> {
    const wrong: string[] = [];
    for (const [what, args, refusedBy, input] of operations) {
      const { code, stderr } = await shop.cluster.kubectl(args.split(" "), {
        namespace: shop.namespace,
        ...(input === undefined ? {} : { input }),
      });
      const refused = code === 0 ? undefined : (/webhook "(.+)\.serin\.dev"/.exec(stderr)?.[1] ?? stderr);
      if (refused !== refusedBy) wrong.push(`${what}: ${refused ?? "allowed"}, not ${refusedBy}`);
    }
    expect(wrong).to.deep.equal([]);
  }
  const app = (name: string, annotations: Record<string, string>, image = "app:v1") =>
    appManifests({ name, namespace: shop.namespace, host: shop.host(name), replicas: 2, annotations, image });
  const optedIn = { "serin.dev/rollout": "canary", ...plan };

  it("everything at rest works except new versions of opted-in Deployments, and mistakes are reported later", async () => {
    for (const name of ["web", "plain"]) {
      await shop.apply(app(name, {}, "app:v0"));
      await shop.run("rollout", "status", `deployment/${name}`, "--timeout=60s");
      await shop.run("set", "image", `deployment/${name}`, "app=app:v1");
      await shop.run("rollout", "status", `deployment/${name}`, "--timeout=60s");
    }
    const manifests = app("web", optedIn);
    await shop.apply(manifests);
    await shop.serves(shop.host());
    const load = shop.load(100);
    const before = shop.deployment();
    await withoutWebhooks(shop.cluster, () =>
      check([
        ["a creation", APPLY, undefined, app("fresh", optedIn)],
        ["with a wrong plan", APPLY, undefined, app("wrong", { ...optedIn, "serin.dev/steps": "50, 10" })],
        ["of a dump", APPLY, "new-version", app("dump", { ...optedIn, "serin.dev/held": "{}" })],
        ["an apply without a change", APPLY, undefined, manifests],
        ["the same, server-side", SERVER_SIDE, undefined, manifests],
        ["another label", "label deployment/web team=shop"],
        ["another annotation", "annotate deployment/web note=x"],
        ["another plan", "annotate deployment/web --overwrite serin.dev/steps=20"],
        ["a wrong plan", "annotate deployment/web --overwrite serin.dev/steps=20,10"],
        ["the opt-in removed", "annotate deployment/web serin.dev/rollout-"],
        ["the opt-in", "annotate deployment/web serin.dev/rollout=canary"],
        ["a record", "annotate deployment/web serin.dev/held={}", "new-version"],
        ["the mark", "label deployment/web serin.dev/flight=x", "new-version"],
        ["an order", "annotate deployment/web serin.dev/promote=1", "new-version"],
        ["scale", "scale deployment/web --replicas=3"],
        ["a strategy", `patch deployment/web ${patch({ spec: { minReadySeconds: 1 } })}`],
        ["set image", "set image deployment/web app=app:v2", "new-version"],
        ["set env", "set env deployment/web A=b", "new-version"],
        ["a dry run", "set image deployment/web app=app:v2 --dry-run=server", "new-version"],
        ["rollout restart", "rollout restart deployment/web", "new-version"],
        ["rollout undo", "rollout undo deployment/web", "new-version"],
        ["rollout pause", "rollout pause deployment/web"],
        ["rollout resume", "rollout resume deployment/web"],
        ["rollout history", "rollout history deployment/web"],
        ["rollout status", "rollout status deployment/web --timeout=30s"],
        ["a Service", `patch service/web ${patch({ spec: { selector: { app: "web" } } })}`],
        ["a route", "label httproute/web team=shop"],
        ["set image of others", "set image deployment/plain app=app:v2"],
        ["rollout undo of others", "rollout undo deployment/plain"],
        ["rollout restart of others", "rollout restart deployment/plain"],
        ["a deletion", "delete deployment/fresh --wait=false"],
      ]),
    );
    expect(shop.deployment().spec.template).to.deep.equal(before.spec.template);
    const { annotations = {}, labels = {} } = shop.stock.services.get("web")?.metadata ?? {};
    expect([annotations["serin.dev/held"], labels["serin.dev/flight"]]).to.deep.equal([undefined, undefined]);
    for (const [name, first] of [
      ["web", 20],
      ["wrong", 50],
    ]) {
      const { code, stderr } = await shop.kubectl("set", "image", `deployment/${name}`, "app=app:v2");
      expect(code).to.equal(1);
      expect(stderr).to.include(`serin.dev/steps: 10 follows ${first}: use increasing percentages`);
    }
    const { total, failed } = await load.stop();
    expect(total).to.be.above(500);
    expect(failed).to.equal(0);
  });

  it("no change passes in flight that would break the hold, and the rollout ends", async () => {
    await shop.apply(app("later", optedIn));
    const v1 = shop.manifests({ interval: "2s", plan });
    await shop.deploy({ interval: "2s", plan });
    // The notes that an apply leaves for itself depend on its kind.
    const written = () =>
      (["services", "httproutes"] as const).map((kind) => {
        const object = shop.stock[kind].get("web");
        return { spec: object?.spec, labels: object?.metadata.labels };
      });
    const before = written();
    const load = shop.load();
    const manifests = v1.replace("app:v1", "app:v2");
    const list = JSON.parse(manifests);
    const backends = JSON.stringify({ ...list, items: list.items.slice(0, 2) });
    await shop.apply(manifests);
    await shop.run("rollout", "pause", "deployment/later");
    await shop.run("set", "image", "deployment/later", "app=app:v2");
    await shop.weighs(20);
    const { spec } = shop.deployment();
    await withoutWebhooks(shop.cluster, () =>
      check([
        ["an apply without a change", APPLY, undefined, backends],
        ["with the route, whose rules it would restore", APPLY, "route-in-flight", manifests],
        ["server-side, which would remove the hold", SERVER_SIDE, "rollout-in-flight", backends],
        ["an apply of the version before", APPLY, "rollout-in-flight", v1],
        ["set image", "set image deployment/web app=app:v3", "rollout-in-flight"],
        ["rollout restart", "rollout restart deployment/web", "rollout-in-flight"],
        ["rollout undo", "rollout undo deployment/web", "rollout-in-flight"],
        [
          "a strategy",
          `patch deployment/web ${patch({ spec: { minReadySeconds: 1 } })}`,
          "rollout-in-flight",
        ],
        ["an order", "annotate deployment/web serin.dev/abort=2", "rollout-in-flight"],
        ["a plan", "annotate deployment/web --overwrite serin.dev/steps=30", "rollout-in-flight"],
        ["the opt-in", "annotate deployment/web serin.dev/rollout-", "rollout-in-flight"],
        ["the record", "annotate deployment/web serin.dev/held-", "rollout-in-flight"],
        ["the mark", "label deployment/web serin.dev/flight-", "rollout-in-flight"],
        ["rollout resume of a waiting Deployment", "rollout resume deployment/later", "rollout-in-flight"],
        ["rollout pause", "rollout pause deployment/web"],
        ["rollout resume", "rollout resume deployment/web"],
        ["rollout history", "rollout history deployment/web"],
        ["another label", "label deployment/web team=shop"],
        ["another annotation", "annotate deployment/web note=x"],
        ["scale", "scale deployment/web --replicas=10"],
        ["a Service's label", "label service/web team=shop"],
        ["a Service's selector", "set selector service/web app=web", "service-in-flight"],
        ["a Service's record", "annotate service/web serin.dev/held-", "service-in-flight"],
        ["a route's label", "label httproute/web team=shop"],
        [
          "a route's rules",
          `patch httproute/web --type=merge ${patch({ spec: { rules: [] } })}`,
          "route-in-flight",
        ],
        ["a route's record", "annotate httproute/web serin.dev/held-", "route-in-flight"],
        ["a deletion", "delete deployment/later --wait=false"],
      ]),
    );
    expect(shop.deployment().spec).to.deep.equal({ ...spec, replicas: 10 });
    await shop.until("ten stable pods", () => shop.pods("v1").length === 10 && shop.pods("v2").length === 2);
    await shop.apply(manifests, "--server-side", "--force-conflicts");
    await shop.run("label", "service/web", "httproute/web", "team-");
    await shop.promote();
    expect(shop.pods("v2"), "as many pods as in the manifest").to.have.length(5);
    expect(written()).to.deep.equal(before);
    expect((await load.stop()).failed).to.equal(0);
  });
});

import { expect } from "chai";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { pendingRecordOf } from "../../rollout/tracking/pending.ts";
import { describeCluster, onEachGateway } from "../cluster/fixture.ts";
import type { Load } from "../cluster/load.ts";
import { eventually } from "../cluster/wait.ts";
import { expectNoFailures } from "./share.ts";
import { Shop } from "./shop.ts";
import { type Story, together } from "./together.ts";
import { expectUnmarked } from "./unmarked.ts";

const plan = { "serin.dev/steps": "20:10m", "serin.dev/compare": "off", "serin.dev/checks": "none" };
const CONFIG = "serin.dev/config";

/** Each in a Deployment of its own. */
const withTraffic: Readonly<Record<string, Story>> = {
  "starts a canary of the same image when it changes; kubectl apply keeps the canary, and the rollout leaves nothing behind":
    async (shop) => {
      await open(shop, "envFrom", "configmap");
      const load = shop.load(100);
      const before = versions(shop);
      const started = Date.now();
      const applied = shop.apply(manifests(shop, "envFrom", "configmap", "2"));
      // Another change within two seconds, which a busy kubectl would miss: still one canary.
      await again(shop, "2", "3");
      const said = await applied;
      expect(said).to.include(
        "Warning: serin: configmap/web changed: a canary of the same image starts of Deployment web",
      );
      expect(said).to.not.include("mounted");
      const from = await shop.weighs(20);
      const canary = one(versions(shop).filter((set) => !before.some(sameAs(set))));
      const marks = shop
        .changesOf("deployments", started)
        .flatMap(({ object }) => pendingRecordOf(object) ?? []);
      expect(first(shop, canary) - Date.parse(marks.at(-1)?.at ?? ""), "ms of quiet").to.be.at.least(2_000);
      const to = await shop.counted(load, from, 2_500);
      expect(shareOf(load, canary, from, to)).to.be.within(0.17, 0.23);

      await shop.apply(manifests(shop, "envFrom", "configmap", "3"));
      await shop.answered(load, Date.now(), 200);
      expect(shop.weight()).to.equal(20);
      expect(versions(shop)).to.have.length(2);
      expect(await shop.run("get", "events", "-o=jsonpath={.items[*].message}")).to.include(
        "configmap/web changed",
      );

      await shop.promote();
      const { metadata, spec } = shop.deployment();
      expect(spec.template.metadata?.annotations?.[CONFIG]).to.match(
        /^configmap\/web=[0-9a-f]{12}\.\.[0-9a-f]{12}$/,
      );
      expect(metadata.annotations).to.not.have.property("serin.dev/changed");
      expect(metadata.labels).to.not.have.property("serin.dev/flight");
      await shop.until("no mark on a ReplicaSet", () =>
        versions(shop).every(({ metadata: { annotations = {} } }) => !("serin.dev/changed" in annotations)),
      );
      const quiet = Date.now();
      await shop.apply(manifests(shop, "envFrom", "configmap", "3"));
      await shop.apply(manifests(shop, "envFrom", "configmap", "3"));
      await expectUnmarked(shop, quiet);
      expect(shop.held()).to.equal(undefined);
      expect(shop.deployment().spec.template).to.deep.equal(spec.template);
      // The user's surge at the promotion: 25 % of 5.
      expect(shop.peakPods(started)).to.be.at.most(5 + 2);
      await expectNoFailures(load);
    },

  "is undone when the content comes back in flight; kubectl apply --server-side meets no conflict": async (
    shop,
  ) => {
    await open(shop, "volume", "secret", "--server-side");
    const load = shop.load(100);
    const { template } = shop.deployment().spec;
    const changed = await shop.apply(manifests(shop, "volume", "secret", "2"), "--server-side");
    expect(changed).to.include("secret/web is mounted as a volume: the running pods of Deployment web");
    await shop.weighs(20);
    expect(versions(shop)).to.have.length(2);
    const quiet = Date.now();
    await shop.apply(manifests(shop, "volume", "secret", "2"), "--server-side");
    await expectUnmarked(shop, quiet);
    expect(shop.weight()).to.equal(20);

    await shop.apply(manifests(shop, "volume", "secret", "1"), "--server-side");
    await shop.until("undone", () => shop.condition()?.reason === "Undone");
    await shop.atRest();
    expect(shop.deployment().spec.template).to.deep.equal(template);
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await shop.apply(manifests(shop, "volume", "secret", "1"), "--server-side");
    expect(versions(shop)).to.have.length(2);
    await expectNoFailures(load);
  },

  "supersedes the rollout in flight, of an image as well as of a content": async (shop) => {
    await open(shop, "envFrom", "configmap");
    const load = shop.load(100);
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.weighs(20);
    const { started, stable } = shop.held() ?? {};
    await set(shop, "2");
    await shop.until("superseded", () => shop.held() !== undefined && shop.held()?.started !== started);
    await shop.weighs(20);
    expect(shop.held()).to.include({ stable, phase: "canary" });
    expect(shop.deployment().spec.template.metadata?.annotations).to.have.property(CONFIG);
    await shop.promote();
    expect(versions(shop).filter(({ spec }) => spec.replicas === 5)).to.have.length(1);
    await expectNoFailures(load);
  },
};

/** These do not depend on traffic, so one gateway is enough. */
const withoutTraffic: Readonly<Record<string, Story>> = {
  "a failed canary reminds users to revert the ConfigMap, and the revert ends the failure": async (shop) => {
    await open(shop, "envFrom", "configmap");
    const { template } = shop.deployment().spec;
    await set(shop, "2");
    await shop.weighs(20);
    await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
    await shop.until("rolled back", () => shop.condition()?.reason === "RolledBack");
    expect(shop.condition()?.message).to.include(
      "configmap/web changed with that version and stays changed: revert it, too",
    );
    await set(shop, "1");
    await shop.until("undone", () => shop.condition()?.reason === "Undone");
    await shop.atRest();
    expect(shop.deployment().spec.template).to.deep.equal(template);
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
  },

  "starts a canary of every Deployment that uses it, and none without label, with another key, in a dry run, or opted out":
    async (shop) => {
      await open(shop, "key", "configmap");
      const annotations = { ...plan, "serin.dev/track": "off" };
      const second = JSON.parse(manifests(shop, "key", "configmap", "1", "api"));
      const third = JSON.parse(manifests(shop, "key", "configmap", "1", "off"));
      Object.assign(third.items[0].metadata.annotations, annotations);
      await shop.apply(
        JSON.stringify({ ...second, items: [...second.items.slice(0, 3), ...third.items.slice(0, 3)] }),
      );
      for (const name of ["api", "off"])
        await shop.run("rollout", "status", `deployment/${name}`, "--timeout=60s");

      const quiet = Date.now();
      await set(shop, "2", "--dry-run=server");
      await shop.run("patch", "configmap/web", "--type=merge", '--patch={"data":{"other":"2"}}');
      await shop.run("label", "configmap/web", "serin.dev/track-");
      await set(shop, "2");
      await expectUnmarked(shop, quiet);

      await shop.run("label", "configmap/web", "serin.dev/track=true");
      await set(shop, "3");
      await Promise.all(
        ["web", "api"].map((name) => shop.until(`a canary of ${name}`, () => shop.held(name) !== undefined)),
      );
      expect(shop.held("off")).to.equal(undefined);
    },

  "never restarts pods natively, and reports in an Event if no canary can start": async (shop) => {
    await open(shop, "envFrom", "configmap");
    const { template } = shop.deployment().spec;
    await shop.run(
      "patch",
      "deployment/web",
      "--type=merge",
      '--patch={"spec":{"strategy":{"type":"Recreate","rollingUpdate":null}}}',
    );
    const patch = ["patch", "configmap/web", "--type=merge", '--patch={"data":{"greeting":"2"}}'];
    const quiet = Date.now();
    const { stderr } = await shop.kubectl(...patch);
    expect(stderr).to.include("no canary of Deployment web (strategy Recreate or no replicas)");
    await expectUnmarked(shop, quiet);
    expect(shop.deployment().spec.template).to.deep.equal(template);
    expect(shop.deployment().metadata.labels).to.not.have.property("serin.dev/flight");
  },
};

onEachGateway("a ConfigMap or Secret that pods use", function (gateway) {
  this.timeout(180_000);
  together(gateway, gateway === "traefik" ? { ...withTraffic, ...withoutTraffic } : withTraffic);
});

// After the others, because they need Serin.
describeCluster("a ConfigMap or Secret that pods use, on traefik", function () {
  this.timeout(180_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("track");
  });
  after(() => shop?.close());

  it("without Serin no user can change a labelled one, and every user an unlabelled one", async () => {
    await open(shop, "envFrom", "configmap");
    const serin = async (replicas: number) => {
      const inSerin = (...args: string[]) => shop.cluster.kubectl(args, { namespace: "serin-system" });
      await inSerin("scale", "deployments", "--all", `--replicas=${replicas}`);
      if (replicas === 0) await inSerin("wait", "pods", "--all", "--for=delete", "--timeout=60s");
      else await inSerin("wait", "deployments", "--all", "--for=condition=Available", "--timeout=60s");
    };
    await serin(0);
    try {
      const patch = ["--type=merge", '--patch={"data":{"greeting":"2"}}'];
      const { code, stderr } = await shop.kubectl("patch", "configmap/web", ...patch);
      expect(code).to.equal(1);
      expect(stderr).to.include("config.serin.dev");
      await shop.run("create", "configmap", "plain", "--from-literal=a=1");
      await shop.run("patch", "configmap/plain", ...patch);
      await shop.run("annotate", "configmap/web", "team=shop");
    } finally {
      await serin(2);
    }
    await set(shop, "2");
    await shop.weighs(20);
  });
});

type Way = "envFrom" | "volume" | "key";
type Kind = "configmap" | "secret";

/** The manifests of an application with its ConfigMap or Secret `web`, whose content is `greeting`. */
function manifests(shop: Shop, way: Way, kind: Kind, greeting: string, name = "web"): string {
  const list = JSON.parse(shop.manifests({ interval: "2s", plan, name }));
  const { spec } = list.items[0].spec.template;
  const [container] = spec.containers;
  if (way === "envFrom")
    container.envFrom = [{ [`${kind}Ref`.replace("configmap", "configMap")]: { name: "web" } }];
  if (way === "key") {
    container.env = [{ name: "GREETING", valueFrom: { configMapKeyRef: { name: "web", key: "greeting" } } }];
  }
  if (way === "volume") {
    container.volumeMounts = [{ name: "config", mountPath: "/config" }];
    spec.volumes = [{ name: "config", secret: { secretName: "web" } }];
  }
  const metadata = { name: "web", namespace: shop.namespace, labels: { "serin.dev/track": "true" } };
  const config =
    kind === "secret"
      ? { apiVersion: "v1", kind: "Secret", metadata, stringData: { greeting } }
      : { apiVersion: "v1", kind: "ConfigMap", metadata, data: { greeting } };
  return JSON.stringify({ ...list, items: [...list.items, config] });
}

async function open(shop: Shop, way: Way, kind: Kind, ...args: string[]): Promise<void> {
  await shop.apply(manifests(shop, way, kind, "1"), ...args);
  await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
  await shop.serves(shop.host());
}

function set(shop: Shop, greeting: string, ...args: string[]): Promise<string> {
  return shop.run(
    "patch",
    "configmap/web",
    "--type=merge",
    `--patch={"data":{"greeting":"${greeting}"}}`,
    ...args,
  );
}

/** Changes the ConfigMap as soon as it has a content. */
async function again({ cluster: { api }, namespace }: Shop, from: string, to: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/web`;
  const read = async () => (await api.demand<{ data: { greeting: string } }>("GET", path)).data.greeting;
  await eventually("the content", async () => (await read()) === from || undefined);
  await api.demand("PATCH", path, { data: { greeting: to } });
}

/** The ReplicaSets of `web`. */
function versions(shop: Shop): ReplicaSet[] {
  return [...shop.stock.replicasets.values()].filter(
    ({ metadata }) => metadata.ownerReferences?.[0]?.name === "web",
  );
}

function sameAs(a: ReplicaSet): (b: ReplicaSet) => boolean {
  return (b) => b.metadata.uid === a.metadata.uid;
}

function one<T>(found: readonly T[]): T {
  expect(found).to.have.length(1);
  return found[0] as T;
}

/** When (ms) the first pod of that version existed. */
function first(shop: Shop, { metadata }: ReplicaSet): number {
  const pods = shop
    .changesOf("pods")
    .filter(({ object }) => object.metadata.name.startsWith(`${metadata.name}-`));
  return pods[0]?.at ?? 0;
}

/** The share of the answers that came from that version's pods. */
function shareOf(load: Load, { metadata }: ReplicaSet, from: number, to: number): number {
  const rows = [...load.rows(from)].filter(({ at }) => at < to);
  return rows.filter(({ pod }) => pod.startsWith(`${metadata.name}-`)).length / rows.length;
}

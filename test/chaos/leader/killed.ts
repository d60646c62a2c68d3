import { expect } from "chai";
import type { GatewayName } from "../../cluster/gateways.ts";
import type { Load } from "../../cluster/load.ts";
import { grants } from "../../stories/granted.ts";
import { manifestOf } from "../../stories/ledger.ts";
import type { Shop, ShopApp } from "../../stories/shop.ts";
import { openShop, way } from "../fixture.ts";
import { type Kills, killAtEveryWrite } from "./kills.ts";

const PLAN = { "serin.dev/compare": "off", "serin.dev/checks": "none" };
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** A rollout in which the controller is killed at every write, and what it must come to. */
export interface Story {
  readonly title: string;
  readonly gateway: GatewayName;
  readonly app?: ShopApp;
  readonly rps?: number;
  /** Brings the rollout from its first update to its end. */
  readonly play: (shop: Shop, load: Load) => Promise<void>;
  /** The image tag that serves at the end. */
  readonly serves: string;
  /** Tag → what became of it, one after the other. */
  readonly outcomes: Readonly<Record<string, readonly string[]>>;
  /** What the canary was granted, in percent, one after the other; 0 is what it ends with. */
  readonly weights: readonly number[];
  /** The version whose own answers may be failures. */
  readonly bad?: string;
}

/** Plays it, and compares its end with that of a rollout which nobody disturbs. */
export async function playKilled(story: Story): Promise<void> {
  const door = await way();
  const shop = await openShop("killed", { gateway: story.gateway });
  try {
    await shop.deploy({
      interval: "4s",
      ...story.app,
      plan: { ...PLAN, ...story.app?.plan },
    });
    const before = manifestsIn(shop);
    const load = shop.load(story.rps ?? 100);
    const from = Date.now();
    const kills = await killAtEveryWrite(shop.cluster, door, "controller");
    await story.play(shop, load);
    await shop.until("everything given back", () => isGivenBack(shop));
    console.log(
      `        ${story.title}, on ${story.gateway}: ${kills.count} kills at ${kills.writes.length} writes`,
    );
    expect(manifestsIn(shop)).to.deep.equal(
      before.map((text) => text.replaceAll("app:v1", `app:${story.serves}`)),
    );
    expectOutcomes(shop, story, from);
    expectWeights(shop, story, from);
    expectOnce(kills);
    await expectToldOnce(shop);
    await expectServed(shop, load, story.bad);
  } finally {
    door.set();
    await shop.close();
  }
}

/** Deployment, Service and route as their owner has them. */
function manifestsIn({ stock }: Shop): string[] {
  const objects = [stock.deployments.get("web"), stock.services.get("web"), stock.httproutes.get("web")];
  return objects.map((object) => {
    const manifest = manifestOf(object as never) as { metadata: { annotations?: Record<string, string> } };
    const { [LAST_APPLIED]: _applied, ...annotations } = manifest.metadata.annotations ?? {};
    return JSON.stringify({ ...manifest, metadata: { ...manifest.metadata, annotations } });
  });
}

function isGivenBack({ stock }: Shop): boolean {
  const ours = [...stock.deployments.values(), ...stock.services.values(), ...stock.httproutes.values()];
  const held = ours.some(({ metadata }) => metadata.annotations?.["serin.dev/held"] !== undefined);
  const marked = [...ours, ...stock.replicasets.values()].some(
    ({ metadata }) => metadata.labels?.["serin.dev/flight"] !== undefined,
  );
  const copied = [...stock.replicasets.values()].some(
    ({ metadata }) => metadata.annotations?.["serin.dev/held"],
  );
  return !held && !marked && !copied && stock.services.size === 1;
}

function expectOutcomes(shop: Shop, { outcomes, serves }: Story, from: number): void {
  for (const [tag, wanted] of Object.entries(outcomes)) {
    const { name } = shop.replicaSet(tag)?.metadata ?? {};
    const records = shop
      .changesOf("replicasets", from)
      .filter(({ object }) => object.metadata.name === name)
      .map(
        ({ object }) => JSON.parse(object.metadata.annotations?.["serin.dev/run"] ?? "{}").outcome as string,
      )
      .filter((outcome) => outcome !== undefined);
    expect(
      records.filter((outcome, i) => outcome !== records[i - 1]),
      tag,
    ).to.deep.equal(wanted);
  }
  expect(shop.pods(serves)).to.have.length(5);
  const canaryServices = shop.changesOf("services", from).filter(({ type }) => type === "ADDED");
  expect(canaryServices, "twins made").to.have.length(1);
  const short = shop
    .changesOf("deployments", from)
    .filter(
      ({ object }) =>
        object.metadata.annotations?.["serin.dev/held"]?.includes('"phase":"promoting"') === false,
    )
    .filter(({ object }) => (object.status?.availableReplicas ?? 0) < 5);
  expect(
    short.map(({ object }) => object.status),
    "fewer stable pods than wanted",
  ).to.deep.equal([]);
}

/** Each step once and in its order, for its least time at least. */
function expectWeights(shop: Shop, { weights }: Story, from: number): void {
  const granted = grants(shop, from);
  expect(granted.map(({ weight }) => weight)).to.deep.equal(weights);
  for (const [i, { weight, at }] of granted.entries()) {
    const next = granted[i + 1];
    if (next !== undefined && next.weight > weight && weight > 0)
      expect(next.at - at, `ms at ${weight}%`).to.be.at.least(4_000);
  }
}

/** What was done and not heard of may be done again only where that changes nothing but a time: a condition. */
function expectOnce({ writes }: Kills): void {
  const again = writes.filter(({ what, done }) => done > 1 && !what.includes("/status "));
  expect(
    again.map(({ what }) => what),
    "done twice",
  ).to.deep.equal([]);
  const unmet = writes.filter(({ kills }) => kills === 0);
  expect(unmet, "writes that no kill met").to.deep.equal([]);
}

async function expectToldOnce(shop: Shop): Promise<void> {
  const path = `/api/v1/namespaces/${shop.namespace}/events?fieldSelector=source=serin`;
  const { items } = await shop.cluster.api.demand<{ items: { reason: string; message: string }[] }>(
    "GET",
    path,
  );
  const told = items.map(({ reason, message }) => `${reason}: ${message}`);
  expect(told).to.have.length.above(0);
  expect(
    told.filter((one, i) => told.indexOf(one) !== i),
    "Events told twice",
  ).to.deep.equal([]);
}

async function expectServed(shop: Shop, load: Load, bad: string | undefined): Promise<void> {
  const { total } = await load.stop();
  expect(total).to.be.above(500);
  const failed = [...load.rows()].filter(({ status, version }) => status !== 200 && version !== bad);
  expect(failed.slice(0, 5), `${failed.length} failed requests in ${shop.namespace}`).to.deep.equal([]);
}

import { expect } from "chai";
import type { GatewayName } from "../../cluster/gateways.ts";
import type { Load } from "../../cluster/load.ts";
import { grants } from "../../stories/granted.ts";
import { manifestOf } from "../../stories/ledger.ts";
import type { Shop, ShopApp } from "../../stories/shop.ts";
import { openShop, way } from "../fixture.ts";
import { type Ending, type Kills, killAtEveryWrite } from "./kills.ts";

const PLAN = { "serin.dev/compare": "off", "serin.dev/checks": "none" };
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** A rollout in which the controller is killed at every write, and its expected result. */
export interface Story {
  readonly title: string;
  readonly gateway: GatewayName;
  /** SIGKILL if absent. */
  readonly ending?: Ending;
  readonly app?: ShopApp;
  readonly rps?: number;
  /** Performs the rollout from its first update to its end. */
  readonly play: (shop: Shop, load: Load) => Promise<void>;
  /** The image tag that serves at the end. */
  readonly serves: string;
  /** The outcomes of each tag, in order. */
  readonly outcomes: Readonly<Record<string, readonly string[]>>;
  /** The weights of the canary in percent, in order; the last one is 0. */
  readonly weights: readonly number[];
  /** The version whose answers may be errors. */
  readonly bad?: string;
}

/** Performs the rollout, and compares its end with that of an undisturbed one. */
export async function playKilled(story: Story): Promise<void> {
  const door = await way();
  const shop = await openShop("killed", { gateway: story.gateway });
  let kills: Kills | undefined;
  try {
    await shop.deploy({
      interval: "4s",
      ...story.app,
      plan: { ...PLAN, ...story.app?.plan },
    });
    const before = manifestsIn(shop);
    const load = shop.load(story.rps ?? 100);
    const from = Date.now();
    kills = await killAtEveryWrite(shop.cluster, door, "controller", story.ending);
    await story.play(shop, load);
    await shop.until("everything restored", () => isRestored(shop));
    door.set();
    await kills.settled();
    console.log(
      `        ${story.title}, on ${story.gateway}: ${kills.count} ${story.ending ?? "kills"} at ${kills.writes.length} writes`,
    );
    expect(manifestsIn(shop)).to.deep.equal(
      before.map((text) => text.replaceAll("app:v1", `app:${story.serves}`)),
    );
    expectOutcomes(shop, story, from);
    expectWeights(shop, story, from);
    expectOnce(kills, story.ending);
    await expectEventsOnce(shop);
    await expectServed(shop, load, story.bad);
  } finally {
    door.set();
    // A controller that is about to end would start again in a cluster that stops. Its error must not hide the first one.
    await kills?.settled().catch(() => {});
    await shop.close();
  }
}

/** The Deployment, Service and route as in the user's manifests. */
function manifestsIn({ stock }: Shop): string[] {
  const objects = [stock.deployments.get("web"), stock.services.get("web"), stock.httproutes.get("web")];
  return objects.map((object) => {
    const manifest = manifestOf(object as never) as { metadata: { annotations?: Record<string, string> } };
    const { [LAST_APPLIED]: _applied, ...annotations } = manifest.metadata.annotations ?? {};
    return JSON.stringify({ ...manifest, metadata: { ...manifest.metadata, annotations } });
  });
}

function isRestored({ stock }: Shop): boolean {
  const touched = [...stock.deployments.values(), ...stock.services.values(), ...stock.httproutes.values()];
  const held = touched.some(({ metadata }) => metadata.annotations?.["serin.dev/held"] !== undefined);
  const marked = [...touched, ...stock.replicasets.values()].some(
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
  expect(canaryServices, "canary Services created").to.have.length(1);
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

/** Expects each step once, in order, and for at least its minimum time. */
function expectWeights(shop: Shop, { weights }: Story, from: number): void {
  const granted = grants(shop, from);
  expect(granted.map(({ weight }) => weight)).to.deep.equal(weights);
  for (const [i, { weight, at }] of granted.entries()) {
    const next = granted[i + 1];
    if (next !== undefined && next.weight > weight && weight > 0)
      expect(next.at - at, `ms at ${weight}%`).to.be.at.least(4_000);
  }
}

/**
 * Expects no write twice, except of a condition, where a repetition changes only a time. A process that ends by SIGTERM may send
 * several writes before it has ended, and gets one signal.
 */
function expectOnce({ count, writes }: Kills, ending: Ending | undefined): void {
  const again = writes.filter(({ what, done }) => done > 1 && !what.includes("/status "));
  expect(
    again.map(({ what }) => what),
    "done twice",
  ).to.deep.equal([]);
  if (ending === "SIGTERM") return void expect(count).to.be.at.least(writes.length / 2);
  const unmet = writes.filter(({ kills }) => kills === 0);
  expect(unmet, "writes that no kill met").to.deep.equal([]);
}

async function expectEventsOnce(shop: Shop): Promise<void> {
  const path = `/api/v1/namespaces/${shop.namespace}/events?fieldSelector=source=serin`;
  const { items } = await shop.cluster.api.demand<{ items: { reason: string; message: string }[] }>(
    "GET",
    path,
  );
  const events = items.map(({ reason, message }) => `${reason}: ${message}`);
  expect(events).to.have.length.above(0);
  expect(
    events.filter((one, i) => events.indexOf(one) !== i),
    "Events written twice",
  ).to.deep.equal([]);
}

async function expectServed(shop: Shop, load: Load, bad: string | undefined): Promise<void> {
  const { total } = await load.stop();
  expect(total).to.be.above(500);
  const failed = [...load.rows()].filter(({ status, version }) => status !== 200 && version !== bad);
  expect(failed.slice(0, 5), `${failed.length} failed requests in ${shop.namespace}`).to.deep.equal([]);
}

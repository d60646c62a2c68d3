import { expect } from "chai";
import { readAudit, SERIN } from "../../cluster/audit.ts";
import { onEachGateway } from "../../cluster/fixture.ts";
import type { Load } from "../../cluster/load.ts";
import { grantedTo } from "../../stories/granted.ts";
import { expectNoFailures } from "../../stories/share.ts";
import type { Shop } from "../../stories/shop.ts";
import { together } from "../../stories/together.ts";
import { expectGrantedShares } from "../load/shares.ts";
import { byForce, byKubectl, byServerSideApply, type Hand, type Loop, startLoop } from "./gitops.ts";

const plan = { "serin.dev/steps": "25, 50", "serin.dev/compare": "off", "serin.dev/checks": "none" };
const RPS = 40;
const REPLACED_OLD = /error when replacing .* the object has been modified/;

/** A way to apply manifests, and its interval. Without `everyMs` it applies only new manifests. */
interface Machine {
  readonly hand: (shop: Shop) => Hand;
  readonly everyMs?: number;
}

/** The machine to compare with: it applies manifests only once. */
const ONCE = "kubectl apply, once";
const machines: Readonly<Record<string, Machine>> = {
  [ONCE]: { hand: (shop) => byKubectl(shop, "apply") },
  "kubectl apply": { hand: (shop) => byKubectl(shop, "apply"), everyMs: 1_000 },
  "kubectl replace": { hand: (shop) => byKubectl(shop, "replace"), everyMs: 1_000 },
  "kubectl apply --server-side": {
    hand: (shop) => byKubectl(shop, "apply", "--server-side"),
    everyMs: 1_000,
  },
  "server-side apply without force, five times a second": {
    hand: (shop) => byServerSideApply(shop, "kubectl"),
    everyMs: 200,
  },
  Flux: { hand: (shop) => byForce(shop, "kustomize-controller"), everyMs: 1_000 },
  "Argo CD": { hand: (shop) => byForce(shop, "argocd-controller"), everyMs: 1_000 },
};

onEachGateway("a machine that applies all manifests, changed or not", function (gateway) {
  this.timeout(240_000);
  const writes = new Map<string, number>();
  const lives = Object.entries(machines).map(([name, machine]) => {
    const story = async (shop: Shop) => void writes.set(name, await live(shop, machine));
    return [
      `meets no refusal and loses no request through rollout, rollback and undo: ${name}`,
      story,
    ] as const;
  });
  together(gateway, Object.fromEntries(lives));

  it("does not make Serin write more", () => {
    expect(writes.size).to.equal(Object.keys(machines).length);
    const most = 1.3 * (writes.get(ONCE) ?? 0);
    for (const [name, count] of writes) expect(count, `writes with ${name}`).to.be.below(most);
  });
});

/** A good release, a failed one and its revert, and a revert in flight. Returns the number of Serin's writes. */
async function live(shop: Shop, { hand, everyMs }: Machine): Promise<number> {
  await first(shop, hand(shop));
  await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
  await shop.serves(shop.host());
  const load = shop.load(RPS);
  const loop = startLoop(hand(shop), manifests(shop, "v1"), everyMs);
  const began = Date.now();
  try {
    await release(shop, load, loop);
    await abortedRelease(shop, loop);
    await revertInFlight(shop, loop);
    await loop.turned(2);
  } finally {
    await loop.stop();
  }
  await expectNoFailures(load);
  expectAtRest(shop);
  // kubectl replaces the version that it has just read, so any write in between makes it fail, also a native one.
  const refusals = loop.refusals.filter((refusal) => !REPLACED_OLD.test(refusal));
  expect(refusals, `refusals of ${loop.turns}`).to.deep.equal([]);
  return writesOf(shop, began);
}

/** Creates the objects first if the machine can only replace them. */
async function first(shop: Shop, hand: Hand): Promise<void> {
  const v1 = manifests(shop, "v1");
  if ((await hand(v1)) !== undefined) await shop.apply(v1);
}

async function release(shop: Shop, load: Load, loop: Loop): Promise<void> {
  const from = Date.now();
  loop.commit(manifests(shop, "v2"));
  await shop.until("the last step", () => shop.weight() === 50);
  await shop.atRest();
  await shop.until("5 pods", () => shop.pods("v2").length === 5 && shop.pods("v1").length === 0);
  expect(grantedTo(shop, from)).to.deep.equal([25, 50, 0]);
  expectGrantedShares(shop, load, "v2", { from, intervalMs: 6_000 });
}

async function abortedRelease(shop: Shop, loop: Loop): Promise<void> {
  loop.commit(manifests(shop, "v3"));
  await shop.weighs(25);
  await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
  await shop.until("failed", () => shop.held()?.phase === "failed" && shop.weight() === undefined);
  await loop.turned(3);
  const { stderr } = await shop.kubectl("rollout", "status", "deployment/web", "--timeout=10s");
  expect(stderr, "still").to.include("exceeded its progress deadline");
  loop.commit(manifests(shop, "v2"));
  await shop.atRest();
}

async function revertInFlight(shop: Shop, loop: Loop): Promise<void> {
  loop.commit(manifests(shop, "v4"));
  await shop.weighs(25);
  loop.commit(manifests(shop, "v2"));
  await shop.atRest();
  await shop.until("the canary Service gone", () => !shop.stock.services.has("web-canary"));
}

/** Manifests that include the fields that Serin holds. */
function manifests(shop: Shop, tag: string): string {
  const list = JSON.parse(shop.manifests({ interval: "6s", plan, image: `app:${tag}` }));
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  Object.assign(list.items[0].spec, { strategy, minReadySeconds: 0, progressDeadlineSeconds: 60 });
  return JSON.stringify(list);
}

function expectAtRest(shop: Shop): void {
  for (const object of [
    shop.deployment(),
    shop.stock.services.get("web"),
    shop.stock.httproutes.get("web"),
  ]) {
    expect(JSON.stringify(object?.metadata.annotations ?? {})).to.not.include("serin.dev/held");
    expect(object?.metadata.labels).to.deep.equal({ app: "web" });
  }
}

/** The number of Serin's writes since an instant, without Events. */
async function writesOf(shop: Shop, from: number): Promise<number> {
  const events = await readAudit(shop.cluster.auditLog, SERIN);
  return events.filter(
    ({ verb, objectRef, requestReceivedTimestamp }) =>
      ["create", "update", "patch", "delete"].includes(verb) &&
      objectRef?.namespace === shop.namespace &&
      objectRef.resource !== "events" &&
      Date.parse(requestReceivedTimestamp) >= from,
  ).length;
}

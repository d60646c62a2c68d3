import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { isIssuedBy, isValidAt, readBundle, readCertificate } from "../../../certs/inspect.ts";
import { issueAuthority, issueLeaf, serviceNames } from "../../../certs/issue.ts";
import { dataOf, type Material, materialOf, type Secret } from "../../../certs/material.ts";
import { describeCluster } from "../../cluster/fixture.ts";
import { eventually } from "../../cluster/wait.ts";
import { Shop } from "../../stories/shop.ts";
import { deployMany, startUpdates, type UpdateLoad } from "./updates.ts";
import { withoutWebhooks } from "./webhooks.ts";

const SECRET = "/api/v1/namespaces/serin-system/secrets/serin-certificate";
const NAMES = ["a", "b"];
const NEVER = Buffer.from("garbage").toString("base64");
/** The time for which a new authority is trusted before its leaf is served. */
const SETTLE_MS = 60_000;
const hours = (count: number) => count * 3_600_000;

// Only the API server and Serin are involved, not the gateway.
describeCluster("Serin's certificate under updates", function () {
  this.timeout(150_000);
  let shop: Shop;
  let updates: UpdateLoad | undefined;
  before(async () => {
    shop = await Shop.open("certificate");
    await deployMany(shop, NAMES);
  });
  afterEach(async () => {
    await updates?.stop();
    updates = undefined;
  });
  after(() => shop.close());

  const read = async () => materialOf(await shop.cluster.api.demand<Secret>("GET", SECRET));
  const write = (data: Record<string, string>) => shop.cluster.api.demand("PATCH", SECRET, { data });
  const names = serviceNames("serin", "serin-system") as [string, ...string[]];
  const authorityOf = ({ caBundle, caKey }: Material) => ({ cert: caBundle, key: caKey });
  /** A leaf of the current authority that began `agoMs` ago. */
  const leaf = async (agoMs: number, lifeMs: number) =>
    issueLeaf(authorityOf(await read()), names, { now: Date.now() - agoMs, lifeMs });
  const begin = (rps: number) => {
    updates = startUpdates(shop, NAMES, rps);
    return updates;
  };
  async function expectNoneLost(load: UpdateLoad): Promise<void> {
    const { failed, unseen } = await load.stop();
    expect({ failed, unseen }).to.deep.equal({ failed: [], unseen: [] });
  }

  it("is renewed in time, five times in a row, and no update fails", async () => {
    const load = begin(200);
    for (let round = 0; round < 5; round += 1) {
      const { cert, key } = await leaf(hours(20), hours(24));
      await write(dataOf({ ...(await read()), cert, key }));
      await eventually(
        "renewed",
        async () => ((await read()).cert !== cert && isSound(await read())) || undefined,
      );
      await sleep(300);
    }
    await expectNoneLost(load);
  });

  for (const [what, spoil] of [
    ["expired", async (was: Material) => dataOf({ ...was, ...(await leaf(hours(48), hours(24))) })],
    ["with another key", async () => ({ "tls.key": dataOf(await stranger())["tls.key"] })],
    ["of another authority", async () => ({ "ca.crt": dataOf(await stranger())["ca.crt"] })],
    [
      "with an authority and key that no client trusts",
      async () => {
        const { caBundle, caKey } = await stranger();
        return dataOf({ ...(await read()), caBundle, caKey });
      },
    ],
    ["garbage", async () => ({ "ca.crt": NEVER, "ca.key": NEVER, "tls.crt": NEVER, "tls.key": NEVER })],
  ] as const) {
    it(`is repaired in the Secret (${what}), and no update fails`, async () => {
      const was = await read();
      const load = begin(100);
      await sleep(500);
      const data = await spoil(was);
      await write(data as Record<string, string>);
      await eventually(
        "healed",
        async () => ((await read()).cert === was.cert && isSound(await read())) || undefined,
      );
      await sleep(500);
      await expectNoneLost(load);
    });
  }

  it("gets a new authority if the key of the old one is lost, and no update fails", async () => {
    const was = await read();
    const load = begin(50);
    await write({ "ca.key": NEVER });
    await eventually(
      "a second authority",
      async () => (await read()).caBundle.startsWith(was.caBundle) || undefined,
    );
    expect((await read()).cert, "the old leaf is served until the new authority is trusted").to.equal(
      was.cert,
    );
    await sleep(SETTLE_MS);
    await eventually(
      "a leaf of it",
      async () => ((await read()).cert !== was.cert && isSound(await read())) || undefined,
    );
    await sleep(1_000);
    await expectNoneLost(load);
  });

  it("is reissued by webhooks that start with a spoiled one", async () => {
    await withoutWebhooks(shop.cluster, () => write({ "ca.crt": NEVER, "tls.key": NEVER }).then(() => {}));
    const { code } = await shop.kubectl("set", "image", "deployment/a", "app=app:v2", "--dry-run=server");
    expect(code).to.equal(0);
    expect(isSound(await read())).to.equal(true);
  });
});

/** Valid material that no client trusts. */
async function stranger(): Promise<Material> {
  const life = { now: Date.now(), lifeMs: hours(24) };
  const { cert, key } = await issueAuthority(life);
  return {
    caBundle: cert,
    caKey: key,
    ...(await issueLeaf({ cert, key }, ["serin.serin-system.svc"], life)),
  };
}

/** Whether the leaf is valid now and issued by one of the bundled authorities. */
function isSound({ cert, caBundle }: Material): boolean {
  const leaf = readCertificate(cert);
  if (leaf === undefined || !isValidAt(leaf, Date.now())) return false;
  return readBundle(caBundle).some((ca) => isIssuedBy(leaf, ca));
}

/**
 * `npm run demo [-- --keep]`: Serin at work, on a real control plane with a real gateway and real requests. Ends with
 * status 0 when what it tells came true. `--keep` leaves the cluster up to play with until Ctrl-C.
 * Run by test/cluster/main.ts: `main.ts DIR [--keep]`.
 */
import { once } from "node:events";
import { parseArgs } from "node:util";
import { type Cluster, startCluster } from "../test/cluster/cluster.ts";
import { openDoors } from "../test/cluster/doors.ts";
import { installSerin } from "../test/cluster/serin.ts";
import { play } from "./release.ts";
import { Screen } from "./screen.ts";
import { Shop } from "./shop.ts";
import { tableOf } from "./table.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { keep: { type: "boolean", default: false } },
});
const [dir = ""] = positionals;
const screen = new Screen({ out: process.stdout, now: Date.now });
const cluster = await startCluster({ dir, log: (message) => screen.live([message], message) });
const shop = await open(cluster);

const good = await play({
  shop,
  screen,
  title: "A good release",
  image: "app:v2",
  before: "v1",
  expected: "promoted",
});
const bad = await play({
  shop,
  screen,
  title: "A bad release: one request in twenty fails",
  image: "app:v3-err5",
  before: "v2",
  expected: "rolled back",
});
if (values.keep && good && bad) await keep();
await shop.close();
await cluster.stop();
process.exit(good && bad ? 0 : 1);

async function open(running: Cluster): Promise<Shop> {
  screen.title("Serin on a Kubernetes control plane of its own, with Traefik and Prometheus");
  screen.command("apply -k deploy/");
  screen.live(["waiting for Serin's two pods"], "waiting for Serin's two pods");
  await installSerin(running);
  screen.command("apply -f demo/web.yaml");
  screen.live(["waiting for five pods of v1"], "waiting for five pods of v1");
  const opened = await Shop.open(running);
  screen.note("web: five pods of v1, a Service, a route, and one annotation: serin.dev/rollout: canary.");
  screen.note("200 requests a second reach it through the gateway.");
  return opened;
}

/** The cluster stays, with requests and table; whatever is done to it from another shell shows. */
async function keep(): Promise<void> {
  const asked = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM"), once(process, "SIGHUP")]);
  let over = false;
  void asked.then(() => {
    over = true;
  });
  screen.title("The cluster is yours. In another shell:");
  screen.say(await openDoors(dir));
  screen.say("  kubectl set image deployment/web app=app:v4      # -err5: 5 % fail, -lat300: 300 ms, -crash");
  while (!over) {
    const view = await shop.look();
    screen.live(...tableOf(view));
    await Promise.race([asked, shop.pause()]);
  }
}

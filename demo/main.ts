/**
 * `npm run demo [-- --keep]` shows Serin at work, on a real control plane with a real gateway and real requests. Exits
 * 0 if both releases end as expected. `--keep` leaves the cluster up until Ctrl-C. Run by test/cluster/main.ts:
 * `main.ts DIR [--keep]`.
 */
import { parseArgs } from "node:util";
import { startCluster } from "../test/cluster/cluster.ts";
import { openDoors } from "../test/cluster/doors.ts";
import { installSerin } from "../test/cluster/serin.ts";
import { play, type Release, type Scene } from "./release.ts";
import { Screen } from "./screen.ts";
import { Shop } from "./shop.ts";
import { lineOf, tableOf } from "./table.ts";

const releases: readonly Release[] = [
  { title: "A good release", image: "app:v2", before: "v1", expected: "promoted" },
  {
    title: "A bad release: one request in twenty fails",
    image: "app:v3-err5",
    before: "v2",
    expected: "rolled back",
  },
];

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { keep: { type: "boolean", default: false } },
});
const [dir = ""] = positionals;
const screen = new Screen({ out: process.stdout, now: Date.now });
const working = (text: string) => screen.live({ lines: [`${text} …`], line: `${text} …`, news: "" });

screen.title("Serin on its own Kubernetes cluster, with Traefik as the gateway and Prometheus");
working("starting the cluster");
const cluster = await startCluster({ dir, log: working, implementations: ["traefik"] });
screen.command("apply -k deploy/");
working("waiting for Serin");
await installSerin(cluster);
screen.command("apply -f demo/web.yaml");
working("waiting for five pods");
const shop = await Shop.open(cluster);
screen.note(
  "There are five pods, a Service and a route. The Deployment has one annotation: serin.dev/rollout: canary",
);
screen.note("Users send 200 requests a second through the gateway.");

const scene: Scene = { shop, screen, now: Date.now };
let good = true;
for (const release of releases) good = good && (await play(release, scene));
if (values.keep) await keep();
screen.say("");
await shop.close();
await cluster.stop();
process.exit(good ? 0 : 1);

/** Keeps the cluster, its users and the table; the table shows every change from another shell. */
async function keep(): Promise<void> {
  let over = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => (over = true));
  screen.title("The cluster is yours. In another shell:");
  screen.say(await openDoors(dir));
  screen.note(
    "kubectl set image deployment/web app=app:v4   (app:v4-err5: 5 % fail; -lat300: 300 ms; -crash)",
  );
  for (let report = ""; !over; await shop.pause()) {
    const view = await shop.look(0);
    const isNews = view.report !== report;
    // A pipe gets only news.
    if (process.stdout.isTTY || isNews) {
      screen.live({ lines: tableOf(view), line: lineOf(view), ...(isNews && { news: view.report }) });
    }
    report = view.report;
  }
}

import type { Output } from "../test/cluster/kubectl.ts";
import type { Screen } from "./screen.ts";
import type { Shop, View } from "./shop.ts";
import { lineOf, tableOf } from "./table.ts";

/** One release to show: the image to set, the version that serves before, and the expected end. */
export interface Release {
  readonly title: string;
  readonly image: string;
  readonly before: string;
  readonly expected: "promoted" | "rolled back";
}

/** The shop, and the screen that shows it. */
export interface Scene {
  readonly shop: Shop;
  readonly screen: Screen;
  /** ms since the epoch. */
  readonly now: () => number;
}

const STATUS = "rollout status deployment/web";
/** The time limit of a release, in ms; a release takes far less here. */
const LONGEST_MS = 120_000;

/** Plays a release and shows the table while the commands run. Returns whether it ended as expected. */
export async function play(release: Release, scene: Scene): Promise<boolean> {
  const { shop, screen, now } = scene;
  const started = now();
  screen.title(release.title);
  const update = `set image deployment/web app=${release.image}`;
  screen.command(update);
  const { stdout, stderr } = await shop.kubectl(update);
  for (const line of `${stderr}${stdout}`.trim().split("\n")) screen.note(line);
  screen.command(STATUS);

  let status: (Output & { readonly seconds: number }) | undefined;
  void shop.kubectl(STATUS).then((output) => {
    status = { ...output, seconds: Math.round((now() - started) / 1_000) };
  });
  const course = await watch(
    release,
    scene,
    started,
    (view) => status !== undefined && isOver(release, view),
  );
  screen.freeze();
  screen.say("");
  const statusFits = status?.code === (release.expected === "promoted" ? 0 : 1);
  screen.result(
    statusFits,
    `kubectl rollout status exited ${status?.code ?? "–"} after ${status?.seconds ?? "–"} s`,
  );
  return judge(release, scene, course, started) && statusFits;
}

/** The last view of a release, and its weights on the way. */
interface Course {
  readonly view: View;
  readonly weights: readonly number[];
}

/** Shows the table until `over`, or until the time limit. */
async function watch(
  { before }: Release,
  { shop, screen, now }: Scene,
  started: number,
  over: (view: View) => boolean,
): Promise<Course> {
  const weights = new Set<number>();
  for (let report = ""; ; await shop.pause()) {
    const view = await shop.look(started);
    const line = `${String(Math.round((now() - started) / 1_000)).padStart(3)} s  ${lineOf(view, before)}`;
    const isNews = view.report !== report;
    screen.live({ lines: tableOf(view, before), line, ...(isNews && { news: `       ${view.report}` }) });
    report = view.report;
    if (view.weight) weights.add(view.weight);
    if (over(view) || now() - started > LONGEST_MS) return { view, weights: [...weights] };
  }
}

/** All traffic has reached the expected version. The other one may still serve requests when the command ends. */
function isOver({ expected, before }: Release, { inFlight, weight, traffic }: View): boolean {
  const versions = traffic.map(({ version }) => version).filter((version) => version !== "");
  const [only, ...others] = versions;
  if (others.length > 0) return false;
  return expected === "promoted" ? !inFlight && only !== before : weight === undefined && only === before;
}

function judge(
  release: Release,
  { shop, screen }: Scene,
  { view, weights }: Course,
  started: number,
): boolean {
  const { image, before, expected } = release;
  const walked = weights.map((weight) => `${weight} %`).join(", ");
  const { total, failed } = shop.since(started);
  const over = isOver(release, view);
  if (expected === "promoted") {
    const good = over && view.reason === "Promoted" && failed === 0;
    screen.result(good, `Serin promoted ${image} after ${walked}; ${failed} of ${total} requests failed`);
    return good;
  }
  const good = over && view.reason === "RolledBack" && failed < total / 100;
  screen.result(
    good,
    `Serin rolled it back at ${walked}: app:${before} serves; ${failed} of ${total} requests failed`,
  );
  screen.note("Serin keeps one bad pod for you to look at. Next, apply a fix, or run kubectl rollout undo.");
  return good;
}

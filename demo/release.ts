import type { Output } from "../test/cluster/kubectl.ts";
import type { Screen } from "./screen.ts";
import type { Shop, View } from "./shop.ts";
import { tableOf } from "./table.ts";

/** One release to show: the image to set, the version that serves before, and what should become of it. */
export interface Release {
  readonly shop: Shop;
  readonly screen: Screen;
  readonly title: string;
  readonly image: string;
  readonly before: string;
  readonly expected: "promoted" | "rolled back";
}

const STATUS = "rollout status deployment/web --timeout=120s";
const END_MS = 20_000;

/** Plays a release with the table beside it, as the commands run; returns whether it ended as expected. */
export async function play(release: Release): Promise<boolean> {
  const { shop, screen, title, image, expected } = release;
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1_000);
  screen.title(title);
  const update = `set image deployment/web app=${image}`;
  screen.command(update);
  tell(screen, await shop.kubectl(update));
  screen.command(STATUS);

  let ended: Output | undefined;
  const status = shop.kubectl(STATUS).then((output) => {
    ended = output;
    return `${output.code} after ${seconds()} s`;
  });
  await watch(release, () => ended !== undefined);
  const exit = await status;
  const last = await watch(release, isOver(expected));
  screen.freeze();

  const code = expected === "promoted" ? 0 : 1;
  screen.say("");
  screen.result(ended?.code === code, `kubectl rollout status: exit status ${exit}`);
  return judge(release, last, started) && ended?.code === code;
}

/** Shows the table until `over`; what is left to do after the command's end takes seconds. */
async function watch({ shop, screen, before }: Release, over: (view: View) => boolean): Promise<View> {
  let weight: number | undefined;
  let reason: string | undefined;
  for (const began = performance.now(); ; await shop.pause()) {
    const view = await shop.look();
    const isNews = view.weight !== weight || view.says?.reason !== reason;
    screen.live(...tableOf(view, before), isNews);
    ({ weight } = view);
    reason = view.says?.reason;
    if (over(view) || performance.now() - began > END_MS * 6) return view;
  }
}

function isOver(expected: Release["expected"]): (view: View) => boolean {
  const deadline = performance.now() + END_MS;
  return ({ inFlight, weight }) =>
    performance.now() > deadline || (expected === "promoted" ? !inFlight : weight === undefined);
}

function judge({ shop, screen, before, image, expected }: Release, { says }: View, started: number): boolean {
  const { total, failed } = shop.since(started);
  const version = image.replace(/^app:|-.*$/g, "");
  if (expected === "promoted") {
    const good = says?.reason === "Promoted" && failed === 0;
    screen.result(
      good,
      `${version} serves; ${failed === 0 ? "not one" : failed} of ${total} requests failed`,
    );
    return good;
  }
  const good = says?.reason === "RolledBack" && failed < total / 100;
  screen.result(good, `${before} serves; ${failed} of ${total} requests met the fault`);
  screen.note(
    "The bad pods are not gone: one is kept to be looked at. Next: a fix, or kubectl rollout undo.",
  );
  return good;
}

function tell(screen: Screen, { stdout, stderr }: Output): void {
  for (const line of `${stderr}${stdout}`.trim().split("\n")) screen.note(line);
}

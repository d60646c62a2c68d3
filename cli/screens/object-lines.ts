import type { RolloutView } from "../../rollout/view/view.ts";
import { formatTable } from "../frame/table.ts";
import { line, type Surface } from "./line.ts";
import { msBetween, shareText, short } from "./words.ts";

/** The objects of a rollout: both versions, the canary's pods, the Services and the routes. */
export function objectLines(surface: Surface, view: RolloutView): readonly string[] {
  const { state, versions, services, routes } = view;
  const { canary, stable } = versions;
  return [
    ...(canary ? [versionLine(surface, "canary", canary), ...podLines(surface, view)] : []),
    ...(stable ? [versionLine(surface, "stable", stable)] : []),
    ...services.map(({ name, canaryService }) =>
      line(surface, `  service     ${name} → stable`, canaryService ? ` · ${canaryService} → canary` : ""),
    ),
    ...routes.map((route) => {
      const { kind, namespace, name, gateways, says } = route;
      return line(
        surface,
        `  route       ${kind.toLowerCase()}/${name} -n ${namespace}   ${gateways.join(", ")}   `,
        shareText(state, route),
        says === undefined ? "" : [`   ${says}`, "yellow"],
      );
    }),
  ];
}

function versionLine(
  surface: Surface,
  role: string,
  version: NonNullable<RolloutView["versions"]["canary"]>,
): string {
  const { replicaSet, revision = "–", ready, pods } = version;
  return line(
    surface,
    `  revision ${revision.padEnd(3)}${replicaSet}  `,
    [role, "bold"],
    `  ${ready}/${pods} pods ready`,
  );
}

function podLines(surface: Surface, { pods, at }: RolloutView): readonly string[] {
  const own = pods.filter(({ version }) => version === "canary");
  const cells = own.map(({ phase, restarts, created, node = "", says = "" }) => {
    const age = created === undefined ? "" : short(msBetween(created, at));
    return [phase, age, restarts === 0 ? "" : `${restarts} restarts`, node, says];
  });
  const used = cells.map((row) => row.filter((_, i) => cells.some((one) => one[i] !== "")));
  const rest = formatTable(used);
  const names = formatTable(own.map(({ name }) => [name, "|"])).map((text) => text.slice(0, -1));
  return own.map(({ ready }, i) =>
    line(
      surface,
      `              ${i + 1 === own.length ? "└─" : "├─"} ${names[i]}`,
      ready ? ["✔ ", "green"] : ["✖ ", "yellow"],
      rest[i] ?? "",
    ),
  );
}

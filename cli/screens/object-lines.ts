import type { RolloutView } from "../../rollout/view/view.ts";
import { line, type Surface } from "./line.ts";
import { msBetween, short } from "./words.ts";

/** The objects of a rollout: both versions, the canary's pods, the Services and the routes. */
export function objectLines(surface: Surface, view: RolloutView): readonly string[] {
  const { versions, services, routes } = view;
  const { canary, stable } = versions;
  return [
    ...(canary ? [versionLine(surface, "canary", canary), ...podLines(surface, view)] : []),
    ...(stable ? [versionLine(surface, "stable", stable)] : []),
    ...services.map(({ name, canaryService }) =>
      line(surface, `  service     ${name} → stable`, canaryService ? ` · ${canaryService} → canary` : ""),
    ),
    ...routes.map(({ kind, namespace, name, gateways, weight, says }) =>
      line(
        surface,
        `  route       ${kind.toLowerCase()}/${name} -n ${namespace}   ${gateways.join(", ")}   `,
        weight === undefined ? "not changed yet" : `canary ${weight} %`,
        says === undefined ? "" : [`   ${says}`, "yellow"],
      ),
    ),
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
  return own.map(({ name, phase, ready, restarts, created, node, says }, i) => {
    const tree = i + 1 === own.length ? "└─" : "├─";
    const age = created === undefined ? "" : `   ${short(msBetween(created, at))}`;
    const again = restarts === 0 ? "" : `   ${restarts} restarts`;
    return line(
      surface,
      `              ${tree} ${name}   `,
      ready ? ["✔ ", "green"] : ["✖ ", "yellow"],
      `${phase}${age}${again}${node === undefined ? "" : `   ${node}`}${says === undefined ? "" : `   ${says}`}`,
    );
  });
}

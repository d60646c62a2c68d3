import type { RolloutView } from "../../rollout/view/view.ts";
import { exitCode } from "../frame/exit-code.ts";
import type { Ended } from "../reading/awaited.ts";
import { groupDigits, msBetween, percentOf, short } from "./words.ts";

/**
 * The workflow command by which GitHub Actions shows the end of a wait at the run: an error, or a notice where the version
 * serves.
 */
export function workflowCommand(
  { metadata, revision, says = "" }: RolloutView,
  { word, code }: Ended,
): string {
  const kind = code === exitCode.done ? "notice" : "error";
  const title = property(`deployment/${metadata.name} revision ${revision}: ${word}`);
  return `::${kind} title=${title}::${escaped(says || word)}`;
}

/** The end of a wait for the summary of a job, in Markdown. */
export function jobSummary(view: RolloutView, { word }: Ended): string {
  const { metadata, revision, images, started, ended, at, steps, step, evidence, says } = view;
  const changed = images.map(({ stable, canary }) =>
    canary && canary !== stable ? `${stable} → ${canary}` : stable,
  );
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["outcome", word],
    ["revision", revision],
    ["images", changed.filter((image) => image !== undefined).join(", ")],
    ["lasted", started === undefined ? undefined : short(msBetween(started, ended ?? at))],
    ["step", step === undefined ? undefined : `${step} of ${steps.length}`],
    ...(["canary", "stable"] as const).map((arm): readonly [string, string | undefined] => [
      `failed of ${arm}`,
      evidence &&
        `${groupDigits(evidence.failed[arm])} of ${groupDigits(evidence.requests[arm])} (${percentOf(evidence.failed[arm], evidence.requests[arm])})`,
    ]),
    ["says", says],
  ];
  const told = rows.flatMap(([name, value]) => (value === undefined ? [] : [`| ${name} | ${cell(value)} |`]));
  return [
    `### deployment/${cell(metadata.name)} -n ${cell(metadata.namespace)}`,
    "",
    "| | |",
    "|---|---|",
    ...told,
    "",
  ].join("\n");
}

/** GitHub decodes these in the message of a workflow command. */
function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return escaped(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** A foreign text must not end the cell, nor become a tag. */
function cell(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

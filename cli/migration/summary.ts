import type { Conversion } from "../../migrate/conversion.ts";
import type { Fate } from "../../migrate/note.ts";
import { planSentence, sentenceOf } from "../../migrate/page.ts";
import type { Sign, Terminal } from "../frame/terminal.ts";

const signs: Readonly<Record<Exclude<Fate, "carried">, Sign>> = {
  not: "bad",
  differs: "warning",
  admin: "going",
};

/** The lines that tell a conversion: where it went, the plan, and every field that is not simply carried. */
export function summaryOf(
  conversion: Conversion,
  folder: string | undefined,
  terminal: Terminal,
): readonly string[] {
  const { source, name, namespace, files, notes } = conversion;
  const deployment = files.length === 0 ? "no manifests" : `deployment/${name}`;
  const place = folder ?? `${deployment}${namespace === undefined ? "" : ` -n ${namespace}`}`;
  const written = files.length === 0 ? "" : ` (${files.map((file) => file.name).join(", ")})`;
  const plan = planSentence(conversion);
  const fates = Object.keys(signs) as (keyof typeof signs)[];
  return [
    `${source} ${terminal.isUnicode ? "→" : "->"} ${place}${written}`,
    ...(plan === undefined ? [] : [`  ${terminal.sign("good")} ${plan}`]),
    ...fates.flatMap((fate) =>
      notes
        .filter((note) => note.fate === fate)
        .map(
          (note) =>
            `  ${terminal.sign(signs[fate])} ${sentenceOf(note).replaceAll("`", "").replaceAll("\n", " ")}`,
        ),
    ),
  ];
}

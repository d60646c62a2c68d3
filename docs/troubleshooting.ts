import { readFileSync } from "node:fs";

/** The places where users see Serin's sentences, and the title of each one's part of docs/troubleshooting.md. */
export const places = {
  refusal: "Refused requests",
  warning: "Warnings",
  condition: "The condition Canary",
  event: "Events",
  command: "The clean-up command",
  question: "Questions to Prometheus by kubectl serin",
  conversion: "The command convert",
  migration: "The command migrate",
  log: "Logs",
  alert: "Alerts",
} as const;
export type Place = keyof typeof places;

/** The part of a sentence that differs from one case to the next, in a heading. */
const PLACEHOLDER = /<[^<>]+>|…|(?<![A-Za-z])N(?=s?\b)/g;

/** The sentences in the headings of docs/troubleshooting.md, by the place where users see them. */
export type Headings = Readonly<Record<Place, readonly string[]>>;

/** Reads the headings of a page: each is a sentence in backticks, in the part of its place. Throws an Error for any other. */
export function headingsOf(page: string): Headings {
  const found: Record<Place, string[]> = {
    refusal: [],
    warning: [],
    condition: [],
    event: [],
    command: [],
    question: [],
    conversion: [],
    migration: [],
    log: [],
    alert: [],
  };
  let place: Place | undefined;
  for (const line of page.split("\n")) {
    const [, title] = /^## (.+)$/.exec(line) ?? [];
    if (title !== undefined) place = (Object.keys(places) as Place[]).find((one) => title === places[one]);
    const [, heading] = /^### (.+)$/.exec(line) ?? [];
    if (heading === undefined) continue;
    const sentence = /^`(.+)`$/.exec(heading)?.[1];
    if (place === undefined || sentence === undefined)
      throw new Error(
        `heading "${heading}" is not a sentence in backticks below one of ${Object.values(places).join(", ")}`,
      );
    found[place].push(sentence);
  }
  return found;
}

/** Whether the sentence is one that the heading stands for: `<name>` and `…` stand for any text, `N` for a number. */
export function fits(heading: string, sentence: string): boolean {
  const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const parts = heading.split(PLACEHOLDER).map(literal);
  const wild = [...heading.matchAll(PLACEHOLDER)].map(([one]) => (one === "N" ? "[\\d.]+" : ".*"));
  return new RegExp(`^${parts.map((part, i) => part + (wild[i] ?? "")).join("")}$`, "s").test(sentence);
}

/** The words of a heading between its placeholders and punctuation, in runs of four. */
export function phrasesOf(heading: string): readonly string[] {
  const clauses = heading.split(PLACEHOLDER).flatMap((part) => part.split(/[^\p{L}' -]+/u));
  return clauses.flatMap((clause) => {
    const words = clause.split(/\s+/).filter((word) => word !== "");
    return words.map((_, i) => words.slice(i, i + 4).join(" ")).slice(0, Math.max(1, words.length - 3));
  });
}

/** Says which heading is missing, and where; `undefined` if the page has one for the sentence. */
export function missingHeading(place: Place, sentence: string, headings: Headings): string | undefined {
  // Events carry the sentences of the condition as well.
  const own = [...headings[place], ...(place === "event" ? headings.condition : [])];
  if (own.some((heading) => fits(heading, sentence))) return undefined;
  const proposal = sentence.replaceAll(/(?<![\w.-])\d+(\.\d+)?(?![\w.])/g, "N").replaceAll("`", "'");
  return `docs/troubleshooting.md needs a heading below "## ${places[place]}" (with <name> for a name and … for any text):\n  ### \`${proposal}\``;
}

/** The headings of this repository's page. */
export function readHeadings(): Headings {
  return headingsOf(readFileSync(new URL("troubleshooting.md", import.meta.url), "utf8"));
}

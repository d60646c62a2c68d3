import type { Moment } from "../plan/notify.ts";
import type { Notice } from "./notice.ts";
import { fitted, plainText } from "./plain-text.ts";

/** What a chat shows, whichever it is; all texts are plain, and each channel escapes them its own way. */
export interface Message {
  readonly tone: "good" | "neutral" | "warning" | "bad";
  readonly title: string;
  readonly says: string;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly commands: readonly string[];
  readonly links: Notice["links"];
  /** What belongs together, for chats with threads. */
  readonly thread: string;
  readonly at: string;
}

/** UTF-16 units, for all channels; Teams counts bytes, up to three for each. */
const LONGEST = { title: 200, says: 2_400, fact: 200 } as const;
const MOST_FACTS = 8;
const MOST_NAMES = 40;

const deeds: Readonly<Record<Moment, string>> = {
  started: "started",
  waiting: "waits for a person",
  stuck: "is stuck",
  "rolled-back": "was rolled back",
  promoted: "was promoted",
  undone: "was undone",
  superseded: "was superseded",
};
const tones: Readonly<Record<Moment, Message["tone"]>> = {
  started: "neutral",
  waiting: "warning",
  stuck: "warning",
  "rolled-back": "bad",
  promoted: "good",
  undone: "neutral",
  superseded: "neutral",
};

/** One line: `shop/web: revision 7 was rolled back`. */
export function titleOf({ cluster, namespace, name, revision, moment }: Notice): string {
  const place = cluster === undefined ? "" : `${cluster}: `;
  const which = revision === "" ? "the new version" : `revision ${revision}`;
  return fitted(plainText(`${place}${namespace}/${name}: ${which} ${deeds[moment]}`), LONGEST.title);
}

/** The notice for people. */
export function chatMessage(notice: Notice): Message {
  const { moment, says, facts, commands, links, at, id } = notice;
  return {
    tone: tones[moment],
    title: titleOf(notice),
    says: fitted(plainText(says), LONGEST.says),
    facts: facts.slice(0, MOST_FACTS).map(({ name, value }) => ({
      name,
      value: fitted(plainText(value), LONGEST.fact),
    })),
    commands,
    links,
    thread: id.split("/").slice(0, 2).join("/"),
    at,
  };
}

/** Many notices as one message: `17 rollouts were rolled back: shop/web, …`. */
export function digestMessage(notices: readonly Notice[]): Message {
  const [first] = notices;
  if (first === undefined) throw new Error("a digest of nothing");
  const groups = [...Map.groupBy(notices, ({ moment }) => moment)];
  const order = ["bad", "warning", "good", "neutral"] as const;
  const sorted = groups.toSorted(([a], [b]) => order.indexOf(tones[a]) - order.indexOf(tones[b]));
  const since = notices.map(({ at }) => at).toSorted()[0] ?? first.at;
  const place = first.cluster === undefined ? "" : `${first.cluster}: `;
  return {
    tone: tones[sorted[0]?.[0] ?? first.moment],
    title: fitted(plainText(`${place}${notices.length} notices since ${since}`), LONGEST.title),
    says: fitted(
      plainText(sorted.map(([moment, those]) => sentenceOf(moment, those)).join(". ")),
      LONGEST.says,
    ),
    facts: [],
    commands: [],
    links: [],
    thread: `digest/${since}`,
    at: notices.at(-1)?.at ?? first.at,
  };
}

function sentenceOf(moment: Moment, notices: readonly Notice[]): string {
  const names = [...new Set(notices.map(({ namespace, name }) => `${namespace}/${name}`))];
  const many = names.length > 1;
  const does = many
    ? deeds[moment]
        .replace(/^was/, "were")
        .replace(/^is/, "are")
        .replace(/^waits/, "wait")
    : deeds[moment];
  const rest = names.length - MOST_NAMES;
  const listed = names.slice(0, MOST_NAMES).join(", ");
  return `${names.length} ${many ? "rollouts" : "rollout"} ${does}: ${listed}${rest > 0 ? ` and ${rest} more` : ""}`;
}

import * as v from "valibot";
import type { Notice } from "../notice/notice.ts";
import { fields } from "../text/schema.ts";
import { fillGaps, namesIn } from "./gaps.ts";

/** What a link may name of the rollout. */
const NAMES = ["namespace", "name", "revision", "moment"] as const;
const LONGEST = { text: 40, url: 500 } as const;
const MOST = 5;

const TEXT = `use a text of 1 to ${LONGEST.text} characters`;
const ADDRESS = `use an HTTP URL of at most ${LONGEST.url} characters, such as https://serin.example.com/#/{{ namespace }}/{{ name }}`;
const KNOWN = `use ${NAMES.map((name) => `{{ ${name} }}`).join(", ")}`;

/** The links of an administrator: `[{text: Dashboard, url: "https://serin.example.com/#/{{ namespace }}/{{ name }}"}]`. */
export const linksSchema = v.pipe(
  v.array(
    fields({
      text: v.pipe(v.string(TEXT), v.minLength(1, TEXT), v.maxLength(LONGEST.text, TEXT)),
      url: v.pipe(
        v.string(ADDRESS),
        v.check((url) => namesIn(url).every((name) => NAMES.some((known) => known === name)), KNOWN),
        v.check((url) => url.length <= LONGEST.url && isHttpUrl(fillGaps(url, () => "x")), ADDRESS),
      ),
    }),
    "use a list of links, each with text and url",
  ),
  v.maxLength(MOST, `use at most ${MOST} links`),
);

/** A link before its gaps are filled. */
export type LinkTemplate = v.InferOutput<typeof linksSchema>[number];

/** The links of one notice. What a tenant chooses is encoded, so that it changes no other part of the address. */
export function linksOf(
  templates: readonly LinkTemplate[],
  notice: Pick<Notice, (typeof NAMES)[number]>,
): Notice["links"] {
  return templates.map(({ text, url }) => ({
    text,
    url: new URL(fillGaps(url, (name) => encodeURIComponent(notice[name as (typeof NAMES)[number]]))).href,
  }));
}

/** Whether it is an address of HTTP without credentials, which some programs would show. */
export function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

import { isDnsLabel } from "../text/dns.ts";
import { type Parsed, parseSet, problem, unknown } from "../text/parse.ts";
import { quote } from "../text/quote.ts";
import { nearest } from "../text/suggest.ts";

/** The moments of a rollout that receivers can hear of. */
export const moments = [
  "started",
  "waiting",
  "stuck",
  "rolled-back",
  "promoted",
  "undone",
  "superseded",
] as const;

/** See `moments`. */
export type Moment = (typeof moments)[number];

/** A receiver that a Deployment names; without a moment it hears what its administrator lets it hear. */
export interface Wish {
  readonly receiver: string;
  readonly moment?: Moment;
}

/** The value that silences a Deployment. */
const SILENCE = "none";
const USE = "use names of receivers, such as team-shop or oncall=rolled-back";

/** Receivers as an annotation names them: `team-shop, oncall=rolled-back`; an empty list for `none`. */
export function parseNotify(text: string): Parsed<readonly Wish[]> {
  if (text.trim() === SILENCE) return { value: [] };
  return parseSet(text, parseWish, ({ receiver, moment }) =>
    moment === undefined ? receiver : `${receiver}=${moment}`,
  );
}

function parseWish(item: string): Parsed<Wish> {
  const [receiver = "", word, ...rest] = item.split("=").map((part) => part.trim());
  if (!isDnsLabel(receiver) || receiver === SILENCE || rest.length > 0)
    return problem(`invalid receiver ${quote(item)}`, USE);
  if (word === undefined) return { value: { receiver } };
  const moment = moments.find((one) => one === word);
  if (moment !== undefined) return { value: { receiver, moment } };
  return {
    problems: [unknown(`moment ${quote(word)}`, nearest(word, moments), `use one of ${moments.join(", ")}`)],
  };
}

/** The annotation by which a Deployment chooses its receivers. */
export const telling = {
  notify: {
    key: "serin.dev/notify",
    form: "names of receivers",
    doc:
      "The [receivers](notifications.md) that hear of the rollouts, instead of those that the administrator's routes name: a " +
      "name, or `name=moment` for one moment only. `none` silences all that may be silenced. The moments: `started`, " +
      "`waiting`, `stuck`, `rolled-back`, `promoted`, `undone`, `superseded`.",
    example: "team-shop, oncall=rolled-back",
    parse: parseNotify,
  },
} as const;

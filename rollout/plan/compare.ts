import { duplicate, type Parsed, parseList, problem, unknown } from "../text/parse.ts";
import { quote } from "../text/quote.ts";
import { nearest } from "../text/suggest.ts";

/** How the canary is compared with the stable version. All shares are from 0 to 1. */
export interface Compare {
  /** The canary may fail this many times as often as the stable version … */
  readonly tolerance: number;
  /** … and this share of its requests more. */
  readonly margin: number;
  /** The share of its requests that may get a 4xx answer beyond twice the stable version's share. */
  readonly refused: number;
  /** The chance of rolling back a canary that is within both, over the whole rollout. */
  readonly alpha: number;
  /** The chance of promoting one that costs more than `loss`. */
  readonly beta: number;
  /** The share of all requests that may fail in addition while the canary still counts as safe for the next weight. */
  readonly loss: number;
  /** Variance of the failures over their mean. Absent: Serin estimates it if it can distinguish pods; otherwise 1. */
  readonly dispersion?: number;
  /** The action when the last step ends without a verdict. */
  readonly inconclusive: "hold" | "rollback" | "promote";
  /** The action when the last step ends and neither version gets requests. */
  readonly silent: "hold" | "rollback" | "promote";
}

/** The comparison that an absent annotation stands for. */
export const compareDefaults: Compare = {
  tolerance: 1.2,
  margin: 0.0005,
  refused: 0.05,
  alpha: 0.01,
  beta: 0.05,
  loss: 0.005,
  inconclusive: "hold",
  silent: "hold",
};

/** `off`: only the checks decide. */
export type CompareChoice = Compare | "off";

/** `on`, `off`, or settings between commas: `tolerance=1.5, margin=0.1%`. */
export function parseCompare(text: string): Parsed<CompareChoice> {
  if (text.trim() === "on") return { value: compareDefaults };
  if (text.trim() === "off") return { value: "off" };
  const parsed = parseList(text, parseSetting);
  if ("problems" in parsed) return parsed;
  const twice = duplicate(parsed.value.flatMap((setting) => Object.keys(setting)));
  if (twice !== undefined) return problem(`duplicate ${twice}`, "set it once");
  return { value: Object.assign({}, compareDefaults, ...parsed.value) as Compare };
}

type Read = (text: string) => number | string | undefined;

/** A decimal number in a range. */
const factor = (least: number, most: number): Read => {
  return (text) => within(/^\d{1,6}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN, least, most);
};

/** A share, written in percent; `1e-2` behind the digits, as 0.1 % is the number 0.001 and not its neighbour. */
const percent = (least: number, most: number): Read => {
  return (text) => {
    const digits = /^(\d{1,3}(?:\.\d{1,6})?)\s*%$/.exec(text)?.[1];
    return within(digits === undefined ? Number.NaN : Number(`${digits}e-2`), least / 100, most / 100);
  };
};

const action = {
  read: (text: string) => ["hold", "rollback", "promote"].find((choice) => choice === text),
  form: "hold, rollback or promote",
};

const settings: Readonly<Record<string, { read: Read; form: string }>> = {
  tolerance: { read: factor(1, 100), form: "a factor from 1 to 100" },
  margin: { read: percent(0, 50), form: "a percentage from 0% to 50%" },
  refused: { read: percent(0, 100), form: "a percentage from 0% to 100%" },
  alpha: { read: percent(0.0001, 10), form: "a percentage from 0.0001% to 10%" },
  beta: { read: percent(0.0001, 50), form: "a percentage from 0.0001% to 50%" },
  loss: { read: percent(0.001, 50), form: "a percentage from 0.001% to 50%" },
  dispersion: { read: factor(1, 50), form: "a factor from 1 to 50" },
  inconclusive: action,
  silent: action,
};

/** The settings that are numbers, each with what its text must be. */
export const compareNumbers: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(settings).flatMap(([name, { form }]) => (settings[name] === action ? [] : [[name, form]])),
);

function parseSetting(item: string): Parsed<Partial<Compare>> {
  const [, name = "", text = ""] = /^([a-z]{1,20})\s*=\s*(.{1,40})$/.exec(item) ?? [];
  const setting = Object.hasOwn(settings, name) ? settings[name] : undefined;
  if (setting === undefined) {
    const meant = nearest(name, Object.keys(settings));
    if (meant !== undefined && meant !== name) return { problems: [unknown(`setting ${name}`, meant)] };
    return problem(`invalid setting ${quote(item)}`, `use ${Object.keys(settings).join("=…, ")}=…`);
  }
  const value = setting.read(text);
  return value === undefined
    ? problem(`invalid setting ${quote(item)}`, `use ${setting.form}`)
    : { value: { [name]: value } };
}

function within(value: number, least: number, most: number): number | undefined {
  return value >= least && value <= most ? value : undefined;
}

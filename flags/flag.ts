import { isIP } from "node:net";

/** One flag of a program. `T` is the type of its value. */
export interface Flag<T> {
  /** The name of the value in `--help`: `port`, `name`. Absent: the flag is a switch. */
  readonly argument?: string;
  readonly about: string;
  /** The value without the flag. */
  readonly usual: T;
  /** The usual value as people read it. */
  readonly usualText?: string;
  /** The letter after one dash: `n` of `-n`. */
  readonly short?: string;
  /** An older name that still works. */
  readonly alias?: string;
  /** Reads one occurrence; `undefined` when the text is not valid. */
  read(text: string, before: T): T | undefined;
  /** The remedy for an invalid text: `use a port from 1 to 65535`. */
  readonly use: string;
  /** What a shell offers as its value: these words, or names that it looks up. Absent: nothing. */
  readonly complete?: readonly string[] | "files" | "namespaces";
}

type About = Pick<Flag<unknown>, "about" | "argument" | "short" | "complete">;

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
/** The longest wait that a flag may ask for: a week, in seconds. */
const LONGEST_SECONDS = 604_800;

/** A text that is not empty. */
export function text(flag: About, usual: string): Flag<string> {
  return { argument: "name", ...flag, usual, read: (given) => given || undefined, use: "use a text" };
}

/** Namespaces that are never one program's alone. The chart refuses them as well. */
const SHARED: readonly string[] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** Serin's own namespace: the API server takes every ServiceAccount in it for Serin. */
export function home(flag: About): Flag<string> {
  return {
    argument: "name",
    ...flag,
    usual: "serin-system",
    read: (given) => (given === "" || SHARED.includes(given) ? undefined : given),
    use: "use a namespace that is Serin's alone, because every ServiceAccount in it counts as Serin",
  };
}

/** A text that may be absent; `usualText` says what holds then, and is empty where nothing does. */
export function optional(flag: About & { readonly usualText: string }): Flag<string | undefined> {
  return {
    argument: "name",
    ...flag,
    usual: undefined,
    read: (given) => given || undefined,
    use: "use a text",
  };
}

/** A flag that may be repeated; each occurrence adds a text. */
export function repeatable(flag: About & { readonly alias?: string }): Flag<readonly string[]> {
  return {
    argument: "name",
    ...flag,
    usual: [],
    read: (given, before) => (given === "" ? undefined : [...before, given]),
    use: "use a text",
  };
}

/** Blocks of IP addresses, as `10.0.0.0/8`; each occurrence adds one. */
export function blocks(flag: About): Flag<readonly string[]> {
  const read = (given: string, before: readonly string[]) => {
    const [address = "", bits = "", ...more] = given.split("/");
    const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    const isBlock = more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most;
    return isBlock ? [...before, given] : undefined;
  };
  return { argument: "block", ...flag, usual: [], read, use: "use a block of addresses such as 10.0.0.0/8" };
}

/** The name of an HTTP header, in lower case; it may be absent. */
export function header(flag: About): Flag<string | undefined> {
  const read = (given: string) => (/^[\w!#$%&'*+.^`|~-]+$/.test(given) ? given.toLowerCase() : undefined);
  return {
    argument: "header",
    ...flag,
    usual: undefined,
    usualText: "",
    read,
    use: "use the name of a header",
  };
}

/** A switch: off without the flag. */
export function toggle(flag: Pick<About, "about" | "short">): Flag<boolean> {
  return { ...flag, usual: false, read: () => true, use: "" };
}

/** One of these words. */
export function choice<const T extends string>(flag: About, choices: readonly T[], usual: T): Flag<T> {
  const read = (given: string) => choices.find((one) => one === given);
  const use = `use one of ${choices.join(", ")}`;
  return { argument: "word", ...flag, usual, read, use, complete: choices };
}

/** A duration as kubectl takes it, in ms: `30s`, `1m30s`, a plain number of seconds, or 0 for no limit. */
export function duration(flag: About, usualMs: number, shown: string): Flag<number> {
  const read = (given: string) => {
    const parts = /^(?=.)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$/.exec(given);
    if (parts === null) return undefined;
    const [hours = 0, minutes = 0, rest = 0] = parts.slice(1).map((part) => Number(part ?? 0));
    const total = (hours * 60 + minutes) * 60 + rest;
    return total <= LONGEST_SECONDS ? total * 1000 : undefined;
  };
  return {
    argument: "duration",
    ...flag,
    usual: usualMs,
    usualText: shown,
    read,
    use: 'use a duration such as "30s" or "5m"',
  };
}

/** A TCP port to listen on. */
export function port(flag: About, usual: number): Flag<number> {
  return whole({ argument: "port", ...flag }, usual, 1, 65_535, "use a port from 1 to 65535");
}

/** A duration in whole seconds. */
export function seconds(flag: About, usual: number): Flag<number> {
  const use = `use a whole number of seconds from 1 to ${LONGEST_SECONDS}, such as ${usual}`;
  return whole({ argument: "seconds", ...flag }, usual, 1, LONGEST_SECONDS, use);
}

/** A number of things, from 1. */
export function count(flag: About, usual: number, most: number): Flag<number> {
  return whole(
    { argument: "number", ...flag },
    usual,
    1,
    most,
    `use a whole number from 1 to ${most}, such as ${usual}`,
  );
}

/** The level from which on the program logs. */
export function logLevel(): Flag<string> {
  return choice({ argument: "level", about: "The lowest level of messages to log." }, LEVELS, "info");
}

/** An http or https URL without credentials, which would show in the list of processes. */
export function url(flag: About, usual: string): Flag<string> {
  const read = (given: string) => {
    if (!URL.canParse(given)) return undefined;
    const { protocol, username, password } = new URL(given);
    return /^https?:$/.test(protocol) && `${username}${password}` === "" ? given : undefined;
  };
  return { argument: "url", ...flag, usual, read, use: "use an http or https URL without credentials" };
}

function whole(flag: About, usual: number, least: number, most: number, use: string): Flag<number> {
  const read = (given: string) => {
    const value = /^\d+$/.test(given) ? Number(given) : Number.NaN;
    return value >= least && value <= most ? value : undefined;
  };
  return { ...flag, usual, read, use };
}

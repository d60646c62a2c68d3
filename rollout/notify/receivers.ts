import * as v from "valibot";
import type { Channel, ReceiverSettings, SettingName } from "../notice/channel.ts";
import { type ChannelType, channels } from "../notice/channels/registry.ts";
import { type Moment, moments } from "../plan/notify.ts";
import { isDnsLabel } from "../text/dns.ts";
import { isRecord, type Parsed, type Problem, problem } from "../text/parse.ts";
import { quote } from "../text/quote.ts";
import { fields, readSchema } from "../text/schema.ts";
import { nearest } from "../text/suggest.ts";
import { isHttpUrl } from "./links.ts";
import { isNamespacePattern } from "./patterns.ts";
import { sentenceSchema } from "./sentence.ts";

/** Where notices go, as an administrator wrote it. */
export interface Receiver {
  readonly name: string;
  readonly type: ChannelType;
  /** The moments that it hears of. */
  readonly on: readonly Moment[];
  /** Patterns of the namespaces that may name it; absent: all. */
  readonly namespaces?: readonly string[];
  /** What it says in place of a notice's own sentence; absent: that sentence. */
  readonly text?: string;
  /** The fields of its channel; `$key` stands for a key of the Secret until `withSecret` fills it in. */
  readonly settings: ReceiverSettings;
}

const types = Object.keys(channels) as readonly ChannelType[];
const MOST = 100;
const PATTERNS = 'use a list of namespaces, such as [shop, "shop-*"]';
/** `$key`: a key of the Secret. */
export const KEY = /^\$([-._a-zA-Z0-9]{1,253})$/;

const remedies: Readonly<Record<SettingName, string>> = {
  url: "use an HTTP URL, or $key for a key of the Secret serin-notifications",
  proxy:
    "use an HTTP URL, such as http://proxy.example:3128, or $key for a key of the Secret serin-notifications; credentials only in the Secret",
  token: "use $key, a key of the Secret serin-notifications",
  routingKey: "use $key, a key of the Secret serin-notifications",
  username: "use a name, or $key for a key of the Secret serin-notifications",
  password: "use $key, a key of the Secret serin-notifications",
  secret: "use $key, a key of the Secret serin-notifications",
  channel: "use the name or the ID of a channel, or $key for a key of the Secret serin-notifications",
};
/** The fields that every channel has. */
const COMMON: readonly SettingName[] = ["proxy"];
/** The fields that are URLs. */
export const ADDRESSES: readonly string[] = ["url", "proxy"];
/** The fields that must not stand in the ConfigMap. */
const SECRETS: readonly string[] = ["token", "routingKey", "password", "secret"];

/** Patterns of namespaces. */
export const patternsSchema = v.pipe(
  v.array(v.pipe(v.string(PATTERNS), v.check(isNamespacePattern, PATTERNS)), PATTERNS),
  v.minLength(1, PATTERNS),
);

/** Reads the receivers one by one, so that one that is not valid takes no other with it. */
export function readReceivers(value: unknown): {
  receivers: readonly Receiver[];
  problems: readonly Problem[];
} {
  if (!isRecord(value))
    return { receivers: [], ...problem("not a map of receivers", "use name: {type: slack, url: $key}") };
  const entries = Object.entries(value);
  if (entries.length > MOST)
    return { receivers: [], ...problem(`${entries.length} receivers`, `use at most ${MOST}`) };
  const read = entries.map(([name, each]) => ({ name, parsed: readReceiver(name, each) }));
  return {
    receivers: read.flatMap(({ parsed }) => ("value" in parsed ? [parsed.value] : [])),
    problems: read.flatMap(({ name, parsed }) =>
      "problems" in parsed ? parsed.problems.map((one) => ({ ...one, at: `.${name}${one.at ?? ""}` })) : [],
    ),
  };
}

function readReceiver(name: string, value: unknown): Parsed<Receiver> {
  if (!isDnsLabel(name) || name === "none")
    return problem(`invalid name ${quote(name)}`, "use lower-case letters, digits and -, such as team-shop");
  const written = isRecord(value) ? value.type : undefined;
  const type = types.find((one) => one === written);
  if (type === undefined) {
    const meant = typeof written === "string" ? nearest(written, types) : undefined;
    const what = written === undefined ? "missing" : `unknown type ${quote(String(written))}`;
    const use = `use one of ${types.join(", ")}`;
    return { problems: [{ at: ".type", what, ...(meant === undefined ? { use } : { meant }) }] };
  }
  const read = readSchema(schemaOf(type), value);
  if ("problems" in read) return { problems: read.problems.map((one) => withoutSecret(one, value)) };
  const { on, namespaces, text, type: _type, ...settings } = read.value;
  const channel: Channel = channels[type];
  return {
    value: {
      name,
      type,
      on: on === undefined ? channel.on : on.includes("*") ? channel.tells : (on as Moment[]),
      ...(namespaces !== undefined && { namespaces }),
      ...(text !== undefined && { text }),
      settings: Object.fromEntries(Object.entries(settings).filter(([, text]) => text !== undefined)),
    },
  };
}

/** A message may end up in a log, where no token and no password should stand. */
function withoutSecret(one: Problem, receiver: unknown): Problem {
  const name = one.at?.slice(1) ?? "";
  if (SECRETS.includes(name) && one.what !== "missing") return { ...one, what: "not a $key" };
  const written = isRecord(receiver) ? String(receiver[name]) : "";
  return ADDRESSES.includes(name) && written.includes("@")
    ? { ...one, what: "not an HTTP URL without credentials" }
    : one;
}

function schemaOf(type: ChannelType) {
  const { kind, required, optional = [], tells }: Channel = channels[type];
  const ON = `use "*" or a list of ${tells.join(", ")}`;
  const setting = (name: SettingName) =>
    v.pipe(v.string(remedies[name]), v.check(isSetting(name), remedies[name]));
  return fields({
    type: v.literal(type),
    on: v.optional(
      v.pipe(
        v.unknown(),
        v.transform((on) => (on === "*" ? [on] : on)),
        v.array(v.picklist([...tells, "*"], ON), ON),
        v.minLength(1, ON),
      ),
    ),
    namespaces: v.optional(patternsSchema),
    ...(kind === "chat" && { text: v.optional(sentenceSchema) }),
    ...Object.fromEntries(required.map((name) => [name, setting(name)])),
    ...Object.fromEntries([...optional, ...COMMON].map((name) => [name, v.optional(setting(name))])),
  }) as unknown as v.GenericSchema<
    unknown,
    {
      type: string;
      on?: readonly string[];
      namespaces?: readonly string[];
      text?: string;
    } & ReceiverSettings
  >;
}

function isSetting(name: SettingName) {
  return (text: string): boolean => {
    if (KEY.test(text)) return true;
    if (ADDRESSES.includes(name)) return isHttpUrl(text);
    return !SECRETS.includes(name) && text !== "" && !text.startsWith("$");
  };
}

/** The moments that a receiver of this type can be asked for. */
export function tellsOf({ type }: Pick<Receiver, "type">): readonly Moment[] {
  const { tells }: Channel = channels[type];
  return moments.filter((moment) => tells.includes(moment));
}

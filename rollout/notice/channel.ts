import type { Moment } from "../plan/notify.ts";
import type { Message } from "./message.ts";
import type { Notice } from "./notice.ts";

/** The fields of a receiver that a channel may need; each may be `$key` of the Secret. */
export type SettingName =
  | "url"
  | "proxy"
  | "token"
  | "routingKey"
  | "username"
  | "password"
  | "secret"
  | "channel";

/** The values of these fields. A channel reads only those that it declares. */
export type ReceiverSettings = Readonly<Partial<Record<SettingName, string>>>;

/** Why a receiver did not take a request, although its status is one of success. */
export interface Refusal {
  readonly reason: string;
  /** Whether it may take the same request later. */
  readonly isPassing: boolean;
}

/** One POST, as data. */
export interface OutgoingRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The URL of the HTTP proxy through which it goes; absent: it goes directly. */
  readonly proxy?: string;
  /** The key for a signature (Standard Webhooks), with the id that is signed; absent: none. */
  readonly sign?: { readonly id: string; readonly secret: string };
  /** Reads the refusal in an answer of success; absent: the status alone says what became of the request. */
  readonly refusalIn?: (answer: string) => Refusal | undefined;
}

/** What every channel declares. */
interface ChannelBasis {
  readonly required: readonly SettingName[];
  readonly optional?: readonly SettingName[];
  /** The moments that it can tell. */
  readonly tells: readonly Moment[];
  /** The moments of a receiver that names none. */
  readonly on: readonly Moment[];
}

/** A channel for people: many notices become one message when there are too many. */
export interface ChatChannel extends ChannelBasis {
  readonly kind: "chat";
  request(message: Message, settings: ReceiverSettings): OutgoingRequest;
}

/** A channel for programs: each notice counts for itself. */
export interface EventChannel extends ChannelBasis {
  readonly kind: "event";
  /** The moments that close what an earlier notice opened: they are sent also if the receiver does not ask for them. */
  readonly closes?: readonly Moment[];
  request(notice: Notice, settings: ReceiverSettings): OutgoingRequest;
}

/** A kind of receiver. */
export type Channel = ChatChannel | EventChannel;

/** A POST of JSON. */
export function postJson(
  url: string | undefined,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): OutgoingRequest {
  return {
    url: url ?? "",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

/** The header of a token, or of a name and a password; none without either. */
export function authorization({ token, username, password }: ReceiverSettings): Record<string, string> {
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  if (username === undefined) return {};
  const pair = Buffer.from(`${username}:${password ?? ""}`).toString("base64");
  return { authorization: `Basic ${pair}` };
}

/** A path below an address that may have one of its own. */
export function below(base = "", path: string): string {
  return new URL(path, base.endsWith("/") ? base : `${base}/`).href;
}

import * as v from "valibot";
import { list, timestamp } from "../text/stored-json.ts";

/** A longer name is cut. Service accounts have at most 22 + 63 + 1 + 253 characters, most users far fewer. */
const LONGEST_USER = 253;

const request = v.object({
  /** The user's name as the API server authenticated it; a GitOps controller's is that of its service account. */
  user: v.pipe(v.string(), v.maxLength(LONGEST_USER)),
  /** `update`: another template. */
  verb: v.picklist(["update", "promote", "advance", "abort", "retry", "undo"]),
  /** When admission answered (RFC 3339). */
  at: timestamp,
});

/** A user's request that began a rollout, or ordered something of it. */
export type Request = Readonly<v.InferOutput<typeof request>>;
/** What a user asked for. */
export type Verb = Request["verb"];

/** The request that began a rollout, and the last one after it. */
export const requestsSchema = v.exactOptional(list(request));

/** What admission knows of a request's author. Control characters would break messages. */
export function requestBy(user: string, verb: Verb, at: string): Request {
  return { user: user.replaceAll(/\p{Cc}/gu, " ").slice(0, LONGEST_USER), verb, at };
}

/** The requests after another one: the first stays, so that the record's length is bounded. */
export function withRequest(before: readonly Request[] | undefined, next: Request): readonly Request[] {
  const [first] = before ?? [];
  return first === undefined ? [next] : [first, next];
}

/** For the run record: the requests of the hold record, if it has any. */
export function keptRequests({ requests }: { readonly requests?: readonly Request[] }) {
  return requests === undefined ? {} : { requests };
}

/** `, asked by alice`, if the last request is one of these; else nothing. */
export function askedBy(
  { requests }: { readonly requests?: readonly Request[] },
  ...verbs: readonly Verb[]
): string {
  const last = requests?.at(-1);
  return last !== undefined && verbs.includes(last.verb) ? `, asked by ${last.user}` : "";
}

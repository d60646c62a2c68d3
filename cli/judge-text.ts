import { messageOf } from "../kube/core/error-message.ts";
import { replay } from "./judge-replay.ts";
import { parseRequest } from "./judge-request.ts";

const MOST_COMPLAINTS = 20;

/**
 * Judges a request in JSON and returns the verdict in JSON. Throws an Error that lists everything that is wrong; `name`
 * says where the text is from.
 */
export function judgeText(name: string, text: string): string {
  const parsed = parseRequest(jsonOf(name, text));
  if ("request" in parsed) return JSON.stringify(replay(parsed.request));
  throw new Error([`cannot judge ${name}:`, ...shorten(parsed.complaints)].join("\n  "));
}

function jsonOf(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${name}: not valid JSON: ${messageOf(cause)}`, { cause });
  }
}

function shorten(complaints: readonly string[]): readonly string[] {
  const more = complaints.length - MOST_COMPLAINTS;
  return [...complaints.slice(0, MOST_COMPLAINTS), ...(more > 0 ? [`… and ${more} more`] : [])];
}

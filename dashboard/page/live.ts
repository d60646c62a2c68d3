import { useEffect, useRef, useState } from "preact/hooks";
import type { RolloutChanges, RolloutList } from "../api.ts";
import { useFetched } from "./fetched.ts";
import { type KnownRollouts, newStates, withChanges } from "./model/listed.ts";
import { stateText } from "./model/row.ts";
import { followStream, type StreamState } from "./stream.ts";

/** At most one announcement in so many ms, or a screen reader would never be silent. */
const ANNOUNCE_MS = 5_000;
/** More than so many changes are only counted. */
const MOST_ANNOUNCED = 3;
const TICK_MS = 5_000;
/** A proxy may hold the stream back. So the page asks for the list while the stream says nothing for so long. */
const PATIENCE_MS = 3_000;
const ASK_MS = 10_000;

/** What the stream says. */
export interface LiveRollouts {
  readonly listed?: KnownRollouts;
  readonly connection: StreamState;
  /** For the live region. */
  readonly announcement: string;
  /** Why there is no list yet. */
  readonly error?: string;
}

/** Follows the server's stream as long as the page is open. */
export function useLive(): LiveRollouts {
  const [listed, setListed] = useState<KnownRollouts>();
  const [connection, setConnection] = useState<StreamState>({ kind: "connecting" });
  const [announcement, setAnnouncement] = useState("");
  const known = useRef<KnownRollouts | undefined>(undefined);
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const end = new AbortController();
    const announce = announcer(setAnnouncement);
    let kind: StreamState["kind"] = "connecting";
    const reader = {
      connection: (next: StreamState) => {
        if (kind !== next.kind && next.kind === "reconnecting") announce([`not live: ${next.why}`]);
        if (kind === "reconnecting" && next.kind === "live") announce(["live again"]);
        if (kind !== next.kind || next.kind !== "live") setConnection(next);
        kind = next.kind;
      },
      changes: (changes: RolloutChanges) => {
        const after = withChanges(known.current, changes);
        announce(newStates(known.current, after, stateText));
        known.current = after;
        setListed(after);
      },
    };
    void followStream("api/stream", reader, end.signal);
    return () => end.abort();
  }, []);
  const isLive = connection.kind === "live";
  useEffect(() => {
    const timer = setTimeout(() => setLate(!isLive), isLive ? 0 : PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isLive]);
  const asked = useFetched<RolloutList>(isLate && !isLive ? "api/rollouts" : undefined, ASK_MS);
  const shown = asked.data === undefined ? listed : knownOf(asked.data);
  return {
    ...(shown && { listed: shown }),
    connection,
    announcement,
    ...(shown === undefined && asked.error !== undefined && { error: asked.error }),
  };
}

function knownOf({ rollouts, ...list }: RolloutList): KnownRollouts {
  return withChanges(undefined, { ...list, all: true, changed: rollouts, gone: [] });
}

/** Says sentences at once, and those of the next seconds together. */
function announcer(say: (text: string) => void): (sentences: readonly string[]) => void {
  let waiting: string[] = [];
  let isQuiet = true;
  const speak = () => {
    isQuiet = waiting.length === 0;
    if (isQuiet) return;
    const more = waiting.length - MOST_ANNOUNCED;
    const shown = waiting.slice(0, MOST_ANNOUNCED).join(". ");
    say(more > 0 ? `${shown}. ${more} more changed.` : shown);
    waiting = [];
    setTimeout(speak, ANNOUNCE_MS);
  };
  return (sentences) => {
    waiting.push(...sentences);
    if (isQuiet) speak();
  };
}

/** The time (ms since the epoch) by the server's clock, which ages are counted by; renews itself. */
export function useNow(at: string | undefined): number {
  const [, setTick] = useState(0);
  const offset = useRef({ at: "", ms: 0 });
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  if (at !== undefined && at !== offset.current.at) offset.current = { at, ms: Date.parse(at) - Date.now() };
  // In whole seconds: within one, no age changes.
  return Math.round((Date.now() + offset.current.ms) / 1000) * 1000;
}

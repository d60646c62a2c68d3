import type { Clock } from "../../kube/core/clock.ts";
import type { Write } from "../../kube/core/writes.ts";
import type { Notice } from "../../rollout/notice/notice.ts";
import type { NotifyConfiguration } from "../../rollout/notify/configuration.ts";
import {
  comingEnd,
  type DueMoment,
  dueMoments,
  type SeenWait,
  seeWait,
  waitDueIn,
} from "../../rollout/notify/due.ts";
import { listenersTo } from "../../rollout/notify/listeners.ts";
import { noticeOf } from "../../rollout/notify/notice-of.ts";
import { supersededBy } from "../../rollout/notify/superseded.ts";
import { isTold, recordTold, type Told } from "../../rollout/notify/told.ts";
import type { Decision } from "../../rollout/stages/decision.ts";
import type { Snapshot } from "../../rollout/stages/snapshot.ts";
import type { NoticeEnd } from "./mailbox.ts";

/** The means to tell people. */
export interface NotifierOptions {
  readonly configuration: () => NotifyConfiguration;
  /** Takes a notice to the receiver of that name, and says how it ended. */
  readonly post: (receiver: string, notice: Notice, onEnd: (end: NoticeEnd) => void) => void;
  readonly clock: Pick<Clock, "now">;
  /** Called when something of the Deployment with this UID has been told. */
  readonly onTold: (uid: string) => void;
}

/** How long (ms) the last tidying of a rollout waits for its notices. */
const END_MS = 30_000;
/** After how long (ms) a record that a policy keeps as it is is written again. */
const RECORD_AGAIN_MS = 60_000;

interface Tellings {
  readonly started: string;
  wait: SeenWait | undefined;
  /** When the rollout was first seen at its end. */
  endSeen: number | undefined;
  /** The last try to record what is told, and when. */
  tried: { readonly text: string; readonly at: number } | undefined;
  /** The moments' ids → receiver → whether the notice is still on its way. */
  readonly notices: Map<
    string,
    { readonly due: DueMoment; readonly ends: Map<string, "under-way" | "over"> }
  >;
}

/**
 * Finds the moments of the rollouts that this controller leads, sends their notices, and remembers which are out until the
 * records say so. A new controller finds the moments that no record says are told, and sends those again.
 */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #rollouts = new Map<string, Tellings>();

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** Whether receivers still have to hear of the end that the rollout comes to. */
  tellsEnd(snapshot: Snapshot): boolean {
    const { held, run, uid } = snapshot;
    if (held.phase !== "promoting" && held.phase !== "undone") return false;
    const { endSeen } = this.#tellingsOf(snapshot);
    if (endSeen !== undefined && this.#options.clock.now() - endSeen >= END_MS) return false;
    const key = comingEnd(snapshot);
    const id = `${uid}/${held.started}/${key}`;
    // Without a record, what this controller remembers must do.
    return this.#listeners(snapshot, key).some((name) =>
      run === undefined ? !this.#isOver(uid, id, name) : !isTold(run, key, name),
    );
  }

  /** Sends what the decision shows to be due. Returns when to look again, in ms. */
  look(snapshot: Snapshot, decision: Decision): number | undefined {
    const tellings = this.#tellingsOf(snapshot);
    tellings.wait = seeWait(snapshot, decision, tellings.wait);
    const now = this.#options.clock.now();
    if (decision.ends !== undefined) tellings.endSeen ??= now;
    for (const due of dueMoments(snapshot, decision, tellings.wait)) this.#tell(snapshot, due, tellings);
    const endIn = tellings.endSeen === undefined ? undefined : tellings.endSeen + END_MS - now;
    const waits = [waitDueIn(tellings.wait, snapshot.now), endIn].filter((ms) => ms !== undefined && ms > 0);
    return waits.length === 0 ? undefined : Math.min(...(waits as number[]));
  }

  /** Sends what these writes, which Serin has sent, report. */
  wrote(snapshot: Snapshot, writes: readonly Write[]): void {
    const tellings = this.#tellingsOf(snapshot);
    for (const due of supersededBy(snapshot, writes)) this.#tell(snapshot, due, tellings);
  }

  /** The writes that record what has been told since; none for a while if the same writes had no effect. */
  told(snapshot: Snapshot): readonly Write[] {
    const known = this.#rollouts.get(snapshot.uid);
    if (known === undefined) return [];
    const writes = recordTold(snapshot, (started): Told => {
      const own = [...known.notices.values()].filter(({ due }) => due.started === started && due.record);
      return new Map(
        own.flatMap(({ due, ends }) => {
          const over = [...ends].filter(([, state]) => state === "over").map(([name]) => name);
          return over.length === 0 ? [] : [[due.key, over] as const];
        }),
      );
    });
    const text = JSON.stringify(writes.map((write) => (write.verb === "merge" ? write.body : {})));
    const now = this.#options.clock.now();
    if (known.tried?.text === text && now - known.tried.at < RECORD_AGAIN_MS) return [];
    known.tried = { text, at: now };
    return writes;
  }

  /** Forgets the rollout of that Deployment. What is on its way still goes out. */
  forget(uid: string): void {
    this.#rollouts.delete(uid);
  }

  #tell(snapshot: Snapshot, due: DueMoment, { notices }: Tellings): void {
    const names = this.#listeners(snapshot, due.moment).filter(
      (name) => !isTold(due.record?.run, due.key, name) && !notices.get(due.id)?.ends.has(name),
    );
    if (names.length === 0) return;
    const telling = notices.get(due.id) ?? { due, ends: new Map() };
    notices.set(due.id, telling);
    const notice = noticeOf(snapshot, due, this.#options.configuration());
    for (const name of names) {
      telling.ends.set(name, "under-way");
      this.#options.post(name, notice, (end) => {
        // A notice that was never tried is found again as long as its record lasts.
        if (end === "dropped") telling.ends.delete(name);
        else telling.ends.set(name, "over");
        if (end !== "dropped") this.#options.onTold(snapshot.uid);
      });
    }
  }

  #listeners({ deployment, plan }: Snapshot, moment: DueMoment["moment"]): readonly string[] {
    const { namespace = "" } = deployment.metadata;
    const those = listenersTo(this.#options.configuration(), { namespace, wishes: plan.notify }, moment);
    return those.map(({ name }) => name);
  }

  #isOver(uid: string, id: string, name: string): boolean {
    return this.#rollouts.get(uid)?.notices.get(id)?.ends.get(name) === "over";
  }

  #tellingsOf({ uid, held: { started } }: Snapshot): Tellings {
    const known = this.#rollouts.get(uid);
    if (known?.started === started) return known;
    // Notices of the rollout before may still be on their way, and must not be sent again.
    const notices = known?.notices ?? new Map();
    const next = { started, wait: undefined, endSeen: undefined, tried: undefined, notices };
    this.#rollouts.set(uid, next);
    return next;
  }
}

import type { Clock } from "../../kube/core/clock.ts";
import type { Log } from "../../kube/core/log.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { noticeDispatcher, send } from "../../notices/send.ts";
import type { Notice } from "../../rollout/notice/notice.ts";
import type { NotifyConfiguration } from "../../rollout/notify/configuration.ts";
import { Mailbox, type MailboxOptions, type NoticeEnd } from "./mailbox.ts";

/** The means to deliver. */
export interface PostOfficeOptions {
  readonly configuration: () => NotifyConfiguration;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Counts a try and its notices. */
  readonly onTry: (
    receiver: string,
    result: "sent" | "retried" | "given_up",
    tookMs: number,
    notices: number,
  ) => void;
  /** Records an Event on the Deployment of a notice that was given up. */
  readonly onGivenUp: (event: Write) => void;
}

/** For one try, in ms. */
const TRY_MS = 10_000;

/** The mailboxes of all receivers. */
export class PostOffice {
  readonly #options: PostOfficeOptions;
  readonly #mailboxes = new Map<string, Mailbox>();
  readonly #send: MailboxOptions["send"];

  constructor(options: PostOfficeOptions) {
    this.#options = options;
    const { clock, signal } = options;
    const means = { clock, signal, dispatcher: noticeDispatcher(), timeoutMs: TRY_MS };
    this.#send = (outgoing) => send(outgoing, means);
  }

  /** Takes a notice to the receiver of that name. */
  post(name: string, notice: Notice, onEnd: (end: NoticeEnd) => void): void {
    const { log, onGivenUp } = this.#options;
    const mailbox = this.#mailboxes.get(name) ?? this.#open(name);
    const { namespace, name: deployment, uid, moment } = notice;
    mailbox.put(notice, (end, reason) => {
      const fields = { receiver: name, namespace, name: deployment, uid, moment };
      if (end === "sent") log.debug(fields, "notice sent");
      else log.warn({ ...fields, reason }, end === "dropped" ? "notice dropped" : "notice given up");
      if (end === "given-up") onGivenUp(failure(name, notice));
      onEnd(end);
    });
  }

  #open(name: string): Mailbox {
    const { configuration, clock, log, signal, onTry } = this.#options;
    const mailbox = new Mailbox({
      receiver: () => configuration().receivers.find((receiver) => receiver.name === name),
      clock,
      signal,
      send: this.#send,
      onTry: (...what) => onTry(name, ...what),
      onFailure: (err) => log.error({ receiver: name, err }, "notices failed"),
    });
    this.#mailboxes.set(name, mailbox);
    return mailbox;
  }
}

/** Without the receiver's answer, which may tell a tenant what only the administrator should read. */
function failure(receiver: string, { namespace, name, uid, moment, started }: Notice): Write {
  const regarding = { apiVersion: "apps/v1", kind: "Deployment", metadata: { namespace, name, uid } };
  return {
    verb: "event",
    regarding: regarding as unknown as Deployment,
    type: "Warning",
    reason: "NotifyFailed",
    message: `receiver ${receiver} did not take the notice "${moment}"; Serin's log says why`,
    once: started,
  };
}

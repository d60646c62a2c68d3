import type { Clock } from "../../kube/core/clock.ts";
import { noticeDispatcher, type Receipt, send } from "../../notices/send.ts";
import type { Channel } from "../../rollout/notice/channel.ts";
import { channels } from "../../rollout/notice/channels/registry.ts";
import type { NotifyConfiguration } from "../../rollout/notify/configuration.ts";
import { outgoingOf } from "../../rollout/notify/outgoing.ts";
import type { Receiver } from "../../rollout/notify/receivers.ts";
import { sampleNotice } from "../../rollout/notify/sample-notice.ts";

const TRY_MS = 10_000;

/** Sends a test notice, and for a channel that keeps something open also its end. Returns the first answer that is no success. */
export async function tryReceiver(
  receiver: Receiver,
  configuration: NotifyConfiguration,
  clock: Clock,
): Promise<Receipt> {
  const { tells, ...channel }: Channel = channels[receiver.type];
  const closing = channel.kind === "event" ? (channel.closes ?? []).slice(0, 1) : [];
  const told = receiver.on[0] ?? tells[0] ?? "promoted";
  const dispatcher = noticeDispatcher();
  const means = { clock, signal: new AbortController().signal, dispatcher, timeoutMs: TRY_MS };
  try {
    for (const moment of [told, ...closing]) {
      const notice = sampleNotice(configuration, moment, new Date(clock.now()).toISOString());
      const receipt = await send(outgoingOf(receiver, [notice]), means);
      if (receipt.kind !== "taken") return receipt;
    }
    return { kind: "taken" };
  } finally {
    await dispatcher.close();
  }
}

import type { Channel, OutgoingRequest } from "../notice/channel.ts";
import { channels } from "../notice/channels/registry.ts";
import { chatMessage, digestMessage } from "../notice/message.ts";
import type { Notice } from "../notice/notice.ts";
import type { Receiver } from "./receivers.ts";
import { ownSentence } from "./sentence.ts";

/** Whether many notices to this receiver may become one message. */
export function canDigest({ type }: Pick<Receiver, "type">): boolean {
  return channels[type].kind === "chat";
}

/** The request that tells one notice, or several as one message, if the channel can. */
export function outgoingOf(
  { type, settings, text }: Receiver,
  notices: readonly [Notice, ...Notice[]],
): OutgoingRequest {
  const channel: Channel = channels[type];
  const [first] = notices;
  const { proxy } = settings;
  const told = text === undefined ? first : { ...first, says: ownSentence(text, first) };
  const request =
    channel.kind === "event"
      ? channel.request(first, settings)
      : channel.request(notices.length === 1 ? chatMessage(told) : digestMessage(notices), settings);
  return { ...request, ...(proxy !== undefined && { proxy }) };
}

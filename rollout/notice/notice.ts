import * as v from "valibot";
import { moments } from "../plan/notify.ts";

const text = v.string();
const maybe = <const S extends v.GenericSchema>(schema: S) => v.exactOptional(schema);

/** What one receiver or many hear of one moment of a rollout, before any channel gives it its form. */
export const noticeSchema = v.object({
  /** The same when it is sent again: `uid/started/key`. */
  id: text,
  moment: v.picklist(moments),
  severity: v.picklist(["info", "warning", "error"]),
  /** The name that the administrator gave to the cluster. */
  cluster: maybe(text),
  namespace: text,
  name: text,
  uid: text,
  /** The Deployment's revision; "" before native control has numbered it. */
  revision: text,
  /** pod-template-hash of the version that the notice is about; "" before its ReplicaSet exists. */
  version: text,
  strategy: text,
  /** By container. */
  images: v.array(v.object({ container: text, from: maybe(text), to: maybe(text) })),
  /** From 1. */
  step: maybe(v.number()),
  steps: v.number(),
  /** Percent of the traffic that the canary has, or had last. */
  weight: maybe(v.number()),
  /** The sentence of the condition, the Event and the record. */
  says: text,
  /** Numbers with their names. */
  facts: v.array(v.object({ name: text, value: text })),
  /** Who asked for the rollout, or gave the last order. */
  by: maybe(text),
  /** Commands that a person may want now. */
  commands: v.array(text),
  /** The administrator's. */
  links: v.array(v.object({ text, url: text })),
  /** RFC 3339, as all times. */
  at: text,
  started: text,
  ended: maybe(text),
});

/** See `noticeSchema`. */
export type Notice = v.InferOutput<typeof noticeSchema>;

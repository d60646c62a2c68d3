import type { Notice } from "../../rollout/notice/notice.ts";
import { AT_NOON } from "./builders.ts";

/** A notice of a rollback, as Serin makes it. */
export function aNotice(notice: Partial<Notice> = {}): Notice {
  return {
    id: `uid-web/${AT_NOON}/rolled-back`,
    moment: "rolled-back",
    severity: "error",
    namespace: "shop",
    name: "web",
    uid: "uid-web",
    revision: "7",
    version: "web2",
    strategy: "canary",
    images: [{ container: "app", from: "shop/web:1", to: "shop/web:2" }],
    step: 1,
    steps: 3,
    weight: 10,
    says: "rolled back at 10% after 23s: errors. canary 19 of 400 requests failed (4.75%)",
    facts: [
      { name: "image of app", value: "shop/web:1 → shop/web:2" },
      { name: "canary", value: "19 of 400 requests failed" },
    ],
    by: "alice",
    commands: ["kubectl rollout undo deployment/web -n shop"],
    links: [{ text: "Dashboard", url: "https://serin.example.com/#/shop/web" }],
    at: AT_NOON,
    started: AT_NOON,
    ...notice,
  };
}

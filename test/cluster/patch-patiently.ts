import { setTimeout as sleep } from "node:timers/promises";
import type { Api } from "./api.ts";

/** As client-go does, which kubectl, helm and Argo CD use. */
const MOST_TRIES = 11;

/** The last answer, and how often the API server sent the request away for some seconds (429) before it. */
interface PatchAnswer {
  readonly status: number;
  readonly body: Refusal;
  readonly sentAway: number;
}

interface Refusal {
  readonly message?: string;
  readonly details?: { readonly retryAfterSeconds?: number };
}

/** Patches as kubectl does: it repeats a request that was sent away, after the time that the answer names. */
export async function patchPatiently(api: Api, path: string, patch: object): Promise<PatchAnswer> {
  for (let sentAway = 0; ; sentAway += 1) {
    const { status, body } = await api.request<Refusal>("PATCH", path, patch);
    if (status !== 429 || sentAway + 1 === MOST_TRIES) return { status, body, sentAway };
    await sleep((body.details?.retryAfterSeconds ?? 1) * 1_000);
  }
}

import type { Moment } from "../plan/notify.ts";

/** The moments that people hear of unless they ask for others: those that want them, and the good end. */
export const FOR_PEOPLE: readonly Moment[] = ["waiting", "stuck", "rolled-back", "promoted"];

import { orderCommandOf } from "../orders/order-command.ts";

export const abortCommand = orderCommandOf("abort", {
  about: "Rolls the canary back now.",
  more: "The stable version gets all traffic; the template stays as it was applied. To put the stable template back as well, use undo.",
  does: "Take the new version away from the users",
});

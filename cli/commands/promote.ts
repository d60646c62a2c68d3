import { orderCommandOf } from "../orders/order-command.ts";

export const promoteCommand = orderCommandOf("promote", {
  about: "Promotes the canary now, whatever the checks say.",
  more: "Native control finishes the rolling update. To go only one step further, use advance.",
  does: "Give all users the new version",
});

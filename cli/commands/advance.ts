import { orderCommandOf } from "../orders/order-command.ts";

export const advanceCommand = orderCommandOf("advance", {
  about: "Leaves the step in force now and goes to the next one.",
  more: "Without the step's least time and without proof, also from a pause of the plan. A harmful canary is still rolled back, and hooks still count.",
  does: "Go on to the next weight",
});

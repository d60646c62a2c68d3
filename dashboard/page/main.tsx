import { render } from "preact";
import { DashboardPage } from "./app.tsx";
import { printLight, showTheme, storedTheme } from "./theme.ts";

showTheme(storedTheme());
printLight();
const root = document.getElementById("page");
if (root !== null) render(<DashboardPage />, root);

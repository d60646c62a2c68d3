import { dirname, join, normalize } from "node:path";
import { defineConfig } from "vitepress";

const HOME = "https://github.com/serin-dev/serin";

/** The anchor that GitHub gives to a heading, so that a link works in both places. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}

/** The address of a link of a page in docs/: files that are no page of the site are on GitHub. */
function addressOf(link: string, page: string): string {
  if (/^[a-z]+:|^#/.test(link)) return link;
  const target = normalize(join("docs", dirname(page), link));
  const isPage = target.startsWith("docs/") && /\.md(#|$)/.test(target);
  return isPage ? link : `${HOME}/blob/main/${target}`;
}

const section = (text: string, ...items: readonly (readonly [text: string, link: string])[]) => ({
  text,
  items: items.map(([text, link]) => ({ text, link: `/${link}` })),
});

export default defineConfig({
  title: "Serin",
  description: "Canary releases for the Deployments that you already have, on the Gateway API",
  srcDir: "docs",
  outDir: "dist",
  cacheDir: "node_modules/.cache/vitepress",
  rewrites: { "README.md": "index.md" },
  cleanUrls: true,
  // A dead link fails the build.
  ignoreDeadLinks: false,
  markdown: {
    anchor: { slugify: slug },
    config(md) {
      // Vue must not read `{{ namespace }}` as an expression of its own.
      const code = md.renderer.rules.code_inline;
      md.renderer.rules.code_inline = (tokens, at, ...more) => {
        tokens[at]?.attrSet("v-pre", "");
        return code?.(tokens, at, ...more) ?? "";
      };
      md.core.ruler.push("links", ({ tokens, env }) => {
        for (const link of tokens.flatMap(({ children }) => children ?? [])) {
          const href = link.type === "link_open" ? link.attrGet("href") : null;
          if (href !== null) link.attrSet("href", addressOf(href, env.relativePath ?? ""));
        }
      });
    },
  },
  // The pages stand behind a link in this package, so that Vite finds its modules from there.
  vite: { resolve: { preserveSymlinks: true } },
  themeConfig: {
    search: { provider: "local" },
    socialLinks: [{ icon: "github", link: HOME }],
    editLink: { pattern: `${HOME}/edit/main/docs/:path` },
    outline: "deep",
    sidebar: [
      section(
        "Tutorials",
        ["Quick start", "quick-start"],
        ["Your first rollout", "first-rollout"],
        ["Your first rollback", "first-rollback"],
      ),
      section(
        "How to",
        ["Install Serin", "installation"],
        ["Release by GitOps", "gitops"],
        ["Run Serin", "operations"],
        ["Monitor Serin", "monitoring"],
        ["Call hooks", "hooks"],
        ["Track ConfigMaps and Secrets", "tracking"],
        ["Autoscalers", "autoscaling"],
        ["Profiles", "profiles"],
        ["When something is broken", "disasters"],
      ),
      section(
        "Reference",
        ["Annotations", "annotations"],
        ["Strategies", "strategies"],
        ["Commands", "commands"],
        ["kubectl serin", "kubectl-serin"],
        ["Orders", "kubectl-serin-orders"],
        ["Gateways", "gateways"],
        ["Metrics", "metrics"],
        ["Flags", "flags"],
        ["Troubleshooting", "troubleshooting"],
      ),
      section(
        "Explanation",
        ["How Serin works", "concepts"],
        ["The judge", "judge"],
        ["The judge in figures", "judge-figures"],
        ["Reliability", "reliability"],
        ["Scale", "scale"],
        ["Security", "security"],
        ["Comparison", "comparison"],
        ["Stability", "stability"],
        ["Releasing", "releasing"],
      ),
    ],
  },
});

// Pictures of every kind of page of the demo, wide and narrow, light and dark, some in forced colours, and the README's.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { narrow, needed, openBrowser, openPage, screenshot, wide } from "./lib/browser.mjs";
import { staticServer } from "./lib/servers.mjs";
import { json } from "./lib/tensors.mjs";

const bundle = needed("CELLPRISM_BUNDLE");
const cells = join(import.meta.dirname, "../fixtures/demo/cells.h5ad");

// the demo's site, and beside its bundle the concepts before they were evaluated
const work = mkdtempSync(join(tmpdir(), "cellprism-screenshots-"));
const site = join(work, "site");
cpSync(needed("CELLPRISM_SITE"), site, { recursive: true });
cpSync(needed("CELLPRISM_CONCEPTS"), join(site, "bundles/plain"), { recursive: true });

const server = await staticServer(site);
const browser = await openBrowser();

// Waits until everything that is on its way is there.
async function settle(page) {
  await page.locator("h1").first().waitFor();
  await page.waitForLoadState("networkidle");
  await page.waitForFunction(() => !document.querySelector("main .loading"), undefined, { timeout: 120_000 });
  // counts of a concept's cells are fetched when they are looked at
  const pairs = page.locator("#pairs tbody td.n").first();
  if (await pairs.count()) {
    await pairs.scrollIntoViewIfNeeded();
    await page.waitForFunction(() => document.querySelector("#pairs tbody td.n").innerText !== "…");
    await page.evaluate(() => scrollTo(0, 0));
  }
  await page.waitForTimeout(500);
}

const first = await openPage(browser, server.origin);
// the first of those to start with is the most certain
await first.page.goto(`${server.url}#/`);
const link = first.page.locator('.minis a[href^="#/concept/"]').first();
await link.waitFor();
const concept = await link.getAttribute("href");
await first.close();

const row = json(bundle, "concepts/index.json").rows[Number(concept.match(/\d+/)[0])];
const label = row.labels?.presence ?? row.labels?.absence;
const pathway = label ? `#/pathway/${encodeURIComponent(label.library)}/${encodeURIComponent(label.term)}` : "#/search?q=response";

// What a visitor does on a page before its picture is taken.
const acts = {
  train: async (page) => {
    await page.getByTestId("train").click();
    await page.getByTestId("summary").waitFor({ timeout: 120_000 });
  },
  "your-data-read": async (page) => {
    await page.getByTestId("own-file").setInputFiles(cells);
    await page.getByTestId("own-map").waitFor({ timeout: 120_000 });
  },
  "study-item": async (page) => {
    await page.getByRole("button", { name: "Draw the items" }).click();
    await page.getByTestId("rater").fill("Ann");
    await page.getByTestId("rater").press("Enter");
    await page.getByTestId("sheet").waitFor();
  },
  "compare-neurons": (page) => page.getByTestId("compared").waitFor({ timeout: 120_000 }),
  opening: (page) => page.getByRole("button", { name: "Open a bundle of this computer" }).click(),
  "this-computer": async (page) => {
    await page.getByRole("button", { name: "Open a bundle of this computer" }).click();
    await page.getByTestId("open-folder").setInputFiles(bundle);
    await page.getByTestId("of-this-computer").waitFor();
  },
  recomputed: async (page) => {
    await page.getByTestId("recompute").click();
    await page.getByTestId("recomputed").waitFor({ timeout: 120_000 });
  },
};
const pages = {
  overview: "#/",
  "overview-concept": `#/?by=C${row.id}`,
  concepts: "#/concepts",
  "concepts-paper": "#/concepts?paper=1",
  concept,
  recomputed: concept,
  "concept-typical": `${concept}?contrast=typical`,
  "concept-paper": `${concept}?paper=1&paper-pathways=1`,
  neurons: "#/neurons",
  neuron: "#/neuron/0",
  genes: "#/genes",
  gene: "#/gene/CD79A",
  "gene-unknown": "#/gene/NOT-A-GENE",
  search: "#/search?q=response",
  pathway,
  evaluation: "#/evaluation",
  "evaluation-none": "?bundle=bundles/plain/#/evaluation",
  tasks: "#/tasks",
  compare: "#/compare",
  "compare-neurons": "#/compare?with=neurons",
  study: "#/study",
  "study-item": "#/study",
  "your-data": "#/your-data",
  "your-data-read": "#/your-data",
  labels: "#/labels",
  train: "#/train",
  about: "#/about",
  opening: "#/concepts",
  "this-computer": "#/concepts",
  left: "?bundle=this-computer:mine.zip#/",
};
const sizes = { wide: [wide, "light"], narrow: [narrow, "light"], dark: [wide, "dark"], "narrow-dark": [narrow, "dark"] };
const asked = process.env.CELLPRISM_PAGES?.split(",");

async function take(name, hash, viewport, media, file) {
  const { page, problems, close } = await openPage(browser, server.origin, viewport, media);
  await page.goto(`${server.url}${hash}`);
  await settle(page);
  await acts[name]?.(page);
  await settle(page);
  await page.screenshot({ path: screenshot(file), fullPage: true });
  if (problems.length) throw new Error(`${name}: ${problems.join("; ")}`);
  await close();
}

for (const [name, hash] of Object.entries(pages).filter(([name]) => asked?.includes(name) ?? true)) {
  for (const [size, [viewport, colorScheme]] of Object.entries(sizes)) await take(name, hash, viewport, { colorScheme }, `${name}-${size}`);
}
for (const name of ["overview", "concept"].filter((name) => asked?.includes(name) ?? true)) {
  await take(name, pages[name], wide, { forcedColors: "active" }, `${name}-forced`);
  await take(name, pages[name], wide, { reducedMotion: "reduce" }, `${name}-still`);
}

const picture = process.env.CELLPRISM_README_PICTURE; // the most certain concept
if (picture) {
  mkdirSync(dirname(picture), { recursive: true });
  const { page, close } = await openPage(browser, server.origin, { width: 1440, height: 1000 });
  await page.goto(`${server.url}${concept}`);
  await settle(page);
  await page.screenshot({ path: picture });
  await close();
}

await browser.close();
await server.close();
rmSync(work, { recursive: true });

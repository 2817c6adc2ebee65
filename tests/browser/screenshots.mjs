// Pictures of every kind of page of the demo, wide and narrow, and the README's.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { narrow, needed, openBrowser, openPage, screenshot, wide } from "./lib/browser.mjs";
import { staticServer } from "./lib/servers.mjs";

const server = await staticServer(needed("CELLPRISM_SITE"));
const browser = await openBrowser();

// Waits until nothing moves any more.
async function settle(page) {
  await page.locator("h1").first().waitFor();
  await page.waitForLoadState("networkidle");
  await page.waitForTimeout(500);
}

const first = await openPage(browser, server.origin);
// the first of those to start with is the most certain
await first.page.goto(`${server.url}#/`);
const link = first.page.locator('.minis a[href^="#/concept/"]').first();
await link.waitFor();
const concept = await link.getAttribute("href");
await first.close();

const pages = {
  overview: "#/",
  concepts: "#/concepts",
  "concepts-paper": "#/concepts?paper=1",
  concept,
  "concept-typical": `${concept}?contrast=typical`,
  "concept-paper": `${concept}?paper=1&paper-pathways=1`,
  neurons: "#/neurons",
  neuron: "#/neuron/0",
  genes: "#/genes",
  gene: "#/gene/CD79A",
  train: "#/train",
  about: "#/about",
};
const sizes = { wide: [wide, "light"], narrow: [narrow, "light"], dark: [wide, "dark"] };
for (const [name, hash] of Object.entries(pages)) {
  for (const [size, [viewport, colorScheme]] of Object.entries(sizes)) {
    const { page, problems, close } = await openPage(browser, server.origin, viewport, { colorScheme });
    await page.goto(`${server.url}${hash}`);
    await settle(page);
    if (name === "train") {
      await page.getByTestId("train").click();
      await page.getByTestId("summary").waitFor({ timeout: 120_000 });
      await settle(page);
    }
    await page.screenshot({ path: screenshot(`${name}-${size}`), fullPage: true });
    if (problems.length) throw new Error(`${name}: ${problems.join("; ")}`);
    await close();
  }
}

const picture = process.env.CELLPRISM_README_PICTURE;
if (picture) {
  mkdirSync(dirname(picture), { recursive: true });
  const { page, close } = await openPage(browser, server.origin, { width: 1280, height: 860 });
  await page.goto(`${server.url}#/`);
  await settle(page);
  await page.screenshot({ path: picture });
  await close();
}

await browser.close();
await server.close();

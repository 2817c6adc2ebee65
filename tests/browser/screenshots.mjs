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
await first.page.goto(`${server.url}#/concepts?show=label`);
const concept = await first.page.locator('main a[href^="#/concept/"]').first().getAttribute("href");
await first.close();

const pages = { overview: "#/", concepts: "#/concepts", concept, genes: "#/genes", gene: "#/gene/CD79A", train: "#/train", about: "#/about" };
for (const [name, hash] of Object.entries(pages)) {
  for (const [size, viewport] of Object.entries({ wide, narrow })) {
    const { page, problems, close } = await openPage(browser, server.origin, viewport);
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

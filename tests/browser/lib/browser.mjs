// A headless Chromium, and pages that remember whatever a visitor would trip over.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const needed = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests with cargo xtask test`);
  return value;
};

// the package lies in the set-up's cache, not in the repository
const { chromium } = createRequire(join(needed("PLAYWRIGHT"), "package.json"))("playwright-core");

export const wide = { width: 1440, height: 1000 };
export const narrow = { width: 390, height: 844 };

// `more` are further arguments, for instance how WebGL is drawn. A Chromium that dies while it starts is started once more.
export async function openBrowser(more = []) {
  try {
    return await launch(more);
  } catch (error) {
    console.error(`Chromium did not start: ${error.message.split("\n")[0]}; once more`);
    return launch(more);
  }
}

function launch(more) {
  const asRoot = process.getuid?.() === 0; // there is no sandbox then
  return chromium.launch({
    executablePath: needed("CHROMIUM"),
    args: [
      ...(asRoot ? ["--no-sandbox"] : []),
      "--disable-quic",
      "--no-first-run",
      // it would look up its maker's hosts at every start
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...more,
    ],
  });
}

// A page, with `problems`: errors in the console, failed requests, requests to other hosts.
export async function openPage(browser, origin, viewport = wide, options = {}) {
  const context = await browser.newContext({ viewport, ...options });
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && problems.push(`console: ${message.text()}`));
  page.on("requestfailed", (request) => {
    // a page that is left breaks off what it was still loading
    if (request.failure()?.errorText !== "net::ERR_ABORTED") problems.push(`failed: ${request.url()}`);
  });
  page.on("response", (response) => response.status() >= 400 && problems.push(`${response.status()}: ${response.url()}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) problems.push(`asks another host: ${url}`);
  });
  return { page, problems, close: () => context.close() };
}

// The page has its own heading: the one that stands while the bundle is on its way is hidden.
export const headed = (page) => page.locator("h1:not(.vh)").first().waitFor();

// Works on a page of a server once it has `arrived`; it must have met no problems by the end. `prepare` sees it before its address.
export async function visitPage(browser, server, address, arrived, work, viewport, options, prepare) {
  const { page, problems, close } = await openPage(browser, server.origin, viewport, options);
  try {
    await prepare?.(page);
    await page.goto(`${server.url}${address}`);
    await arrived(page);
    await work(page);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
}

// `visit(address, work, {viewport, prepare, …})` for a file of tests, with the browser and the server that it has by then.
export const visitor =
  (given, arrived = headed) =>
  (address, work, { viewport, prepare, ...options } = {}) => {
    const { browser, server } = given();
    return visitPage(browser, server, address, arrived, work, viewport, options, prepare);
  };

// Saves what a button lets down into a folder, by its own name or another; gives the path.
export async function saveFrom(page, button, folder, name) {
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  const path = join(folder, name ?? download.suggestedFilename());
  await download.saveAs(path);
  return path;
}

// Where a screenshot goes.
export function screenshot(name) {
  const folder = needed("CELLPRISM_SCREENSHOTS");
  mkdirSync(folder, { recursive: true });
  return join(folder, `${name}.png`);
}

export { needed };

// The program comes in parts: what a visit begins with is small, the rest is fetched when a page needs it, and a part that does
// not arrive is said on that page alone.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { needed, openBrowser, openPage, visitPage } from "./lib/browser.mjs";
import { staticServer } from "./lib/servers.mjs";

const site = needed("CELLPRISM_SITE");
const files = readdirSync(site).filter((file) => file.endsWith(".wasm"));
const part = (name) => files.find((file) => file.endsWith(`_${name}.wasm`));
// A quickly built app is one file.
const skip = part("work") ? false : "this app was built with --quick and has no parts";

let browser;
let server;

before(async () => {
  browser = await openBrowser();
  server = await staticServer(site);
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const packed = (file) => gzipSync(readFileSync(join(site, file)), { level: 9 }).length;

test("the program takes at most 650 kB, its worker 900 kB", { skip }, () => {
  assert.ok(packed("cellprism-app_bg.wasm") <= 650_000, `${packed("cellprism-app_bg.wasm")} bytes`);
  assert.ok(packed("cellprism-worker_bg.wasm") <= 900_000, `${packed("cellprism-worker_bg.wasm")} bytes`);
});

test("a visit asks for the parts that its pages need, once", { skip }, async () => {
  const asked = [];
  await visitPage(browser, server, "", (page) => page.getByTestId("verdict").waitFor(), async (page) => {
    page.on("request", (request) => asked.push(request.url().split("/").at(-1)));
    await page.goto(`${server.url}#/about`);
    await page.getByTestId("bibtex").waitFor();
    assert.deepEqual(asked.filter((file) => file === part("work")), [part("work")]);
    await page.goto(`${server.url}#/study`);
    await page.locator("h1", { hasText: "Study" }).waitFor();
    await page.goBack();
    await page.getByTestId("bibtex").waitFor();
    assert.deepEqual(asked.filter((file) => file === part("work")), [part("work")]);
    assert.match(await page.title(), /^About · /);
    await page.waitForFunction(() => document.activeElement?.tagName === "H1");
  });
});

test("a concept that is linked to comes with its part, the focus on its heading", { skip }, async () => {
  await visitPage(browser, server, "#/concepts", (page) => page.locator(".clist .idl").first().waitFor(), async (page) => {
    const link = page.locator(".clist .idl").first();
    const name = await link.innerText();
    await link.focus();
    await page.keyboard.press("Enter");
    await page.locator("h1", { hasText: name }).waitFor();
    await page.waitForFunction((name) => document.activeElement?.tagName === "H1" && document.activeElement.innerText.startsWith(name), name);
    await page.reload();
    await page.locator("h1", { hasText: name }).waitFor();
  });
});

test("a part that does not arrive is said on its page, and comes when it is asked for again", { skip }, async () => {
  const { page, close } = await openPage(browser, server.origin);
  let broken = true;
  await page.route(`**/${part("work")}`, (route) => (broken ? route.abort() : route.continue()));
  await page.goto(`${server.url}#/about`);
  await page.getByRole("alert").filter({ hasText: "A part of the program" }).waitFor();
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Overview" }).click();
  await page.getByTestId("verdict").waitFor();
  broken = false;
  await page.goto(`${server.url}#/about`);
  await page.getByTestId("bibtex").waitFor();
  await close();
});

test("a part that a server gives another type, or another file, is taken or said", { skip }, async () => {
  const { page, close } = await openPage(browser, server.origin);
  await page.route(`**/${part("work")}`, (route) => route.fulfill({ body: readFileSync(join(site, part("work"))), contentType: "application/octet-stream" }));
  await page.goto(`${server.url}#/about`);
  await page.getByTestId("bibtex").waitFor();
  await close();
  const other = await openPage(browser, server.origin);
  await other.page.route(`**/${part("work")}`, (route) => route.fulfill({ status: 404, body: "no" }));
  await other.page.goto(`${server.url}#/about`);
  await other.page.getByRole("alert").filter({ hasText: "A part of the program" }).waitFor();
  await other.close();
});

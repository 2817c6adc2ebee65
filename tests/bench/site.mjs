// A site in a real browser: bytes, times and frames of the overview and of a concept's page.
//
//     CHROMIUM=/usr/bin/chromium PLAYWRIGHT=FOLDER_ABOVE_node_modules node tests/bench/site.mjs SITE [ROUNDS]
//
// SITE is what `cellprism site BUNDLE --out SITE` wrote. It is given out twice: as the plainest of servers would (every file as
// it is), and as one that sends the packed files beside them. The line is slowed to 10 Mbit/s with 40 ms of delay. Written: one
// Markdown row each. Bytes are those sent by the server. "shown" is the first contentful paint; "interactive" is when the map is
// drawn and nothing has been fetched or computed for half a second, less that half second; "slowest frame" is the longest time
// between two frames while the page is scrolled over the map, and while the map gets other colours.
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";

const { chromium } = createRequire(join(process.env.PLAYWRIGHT, "package.json"))("playwright-core");
const [folder, rounds = "3"] = process.argv.slice(2);
const types = { ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml", ".wasm": "application/wasm" };
const sent = { app: 0, data: 0 };

function serve(packed) {
  const server = createServer((request, response) => {
    const asked = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname).slice(1) || "index.html");
    const whole = join(folder, asked);
    const found = (file) => !asked.startsWith("..") && statSync(file, { throwIfNoEntry: false })?.isFile();
    if (!found(whole)) return response.writeHead(404).end();
    const isPacked = packed && found(`${whole}.br`);
    const file = isPacked ? `${whole}.br` : whole;
    sent[asked.startsWith("bundles/") ? "data" : "app"] += statSync(file).size;
    response.writeHead(200, { "Content-Type": types[extname(asked)] ?? "application/octet-stream", ...(isPacked && { "Content-Encoding": "br" }) });
    createReadStream(file).pipe(response);
  });
  return new Promise((listening) => server.listen(0, "127.0.0.1", () => listening(server)));
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

// The longest time between two frames while something is done.
async function frames(page, done) {
  await page.evaluate(() => {
    globalThis.slowest = 0;
    let last = performance.now();
    const next = (now) => {
      globalThis.slowest = Math.max(globalThis.slowest, now - last);
      last = now;
      globalThis.watching = requestAnimationFrame(next);
    };
    globalThis.watching = requestAnimationFrame(next);
  });
  await done();
  await page.waitForTimeout(300);
  return page.evaluate(() => (cancelAnimationFrame(globalThis.watching), globalThis.slowest));
}

async function visit(browser, url) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
  const line = await page.context().newCDPSession(page);
  await line.send("Network.enable");
  await line.send("Network.emulateNetworkConditions", { offline: false, latency: 40, downloadThroughput: 10e6 / 8, uploadThroughput: 10e6 / 8 });
  Object.assign(sent, { app: 0, data: 0 });
  const began = Date.now();
  await page.goto(url, { waitUntil: "networkidle", timeout: 120_000 });
  await page.locator(".umap canvas").first().waitFor();
  const interactive = Date.now() - began - 500;
  const shown = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0);
  const first = { ...sent };
  const scrolled = await frames(page, async () => {
    for (let i = 0; i < 20; i += 1) await page.mouse.wheel(0, i < 10 ? 60 : -60), await page.waitForTimeout(16);
  });
  const colours = page.getByLabel("Colour cells by").first();
  const coloured = await frames(page, () => colours.selectOption({ index: 1 }));
  await page.waitForLoadState("networkidle");
  Object.assign(sent, { app: 0, data: 0 });
  const clicked = Date.now();
  await page.locator('.minis a[href^="#/concept/"]').first().click();
  await page.locator("#cells canvas").waitFor();
  await page.waitForLoadState("networkidle");
  const concept = { data: sent.data, milliseconds: Date.now() - clicked - 500 };
  await page.close();
  return [first.app, first.data, shown, interactive, scrolled, coloured, concept.data, concept.milliseconds];
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
console.log("| files | app kB | first view kB | shown ms | interactive ms | slowest frame, scrolling ms | … other colours ms | concept kB | concept ms |");
console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
for (const packed of [false, true]) {
  const server = await serve(packed);
  const url = `http://127.0.0.1:${server.address().port}/`;
  const all = [];
  for (let i = 0; i < Number(rounds); i += 1) all.push(await visit(browser, url));
  const of = (column, unit = 1) => Math.round(median(all.map((row) => row[column])) / unit);
  console.log(`| ${packed ? "packed (br)" : "as they are"} | ${of(0, 1e3)} | ${of(1, 1e3)} | ${of(2)} | ${of(3)} | ${of(4)} | ${of(5)} | ${of(6, 1e3)} | ${of(7)} |`);
  server.close();
}
await browser.close();

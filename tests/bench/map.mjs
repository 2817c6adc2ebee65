// The map of many cells in a real browser, drawn by software: bytes and times of the first view, frames while one works in it.
//
//     node tests/bench/many_cells.mjs SITE 600000 MANY
//     CHROMIUM=/usr/bin/chromium PLAYWRIGHT=FOLDER_ABOVE_node_modules node tests/bench/map.mjs MANY [ROUNDS]
//
// Written: one Markdown table of loading (lines of 1.6 and 10 Mbit/s, 150 and 40 ms of delay, packed files where they are) and one
// of frames (all cells drawn first). "shown" is the first contentful paint; "map" is when its cells were first painted;
// "interactive" is when after that nothing has been fetched or computed for half a second, less that half second; "long tasks" are
// those of the page's thread above 50 ms, their number and the longest. A frame's time is the time between two calls of
// requestAnimationFrame; the slowest one counts. CANVAS=1 measures without WebGL.
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";

const { chromium } = createRequire(join(process.env.PLAYWRIGHT, "package.json"))("playwright-core");
const [folder, rounds = "3"] = process.argv.slice(2);
const types = { ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml", ".wasm": "application/wasm" };
const sent = { app: 0, data: 0 };
const server = createServer((request, response) => {
  const asked = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname).slice(1) || "index.html");
  const found = (file) => !asked.startsWith("..") && statSync(file, { throwIfNoEntry: false })?.isFile();
  if (!found(join(folder, asked))) return response.writeHead(404).end();
  const packed = found(join(folder, `${asked}.br`));
  const file = join(folder, packed ? `${asked}.br` : asked);
  sent[asked.startsWith("bundles/") ? "data" : "app"] += statSync(file).size;
  response.writeHead(200, { "Content-Type": types[extname(asked)] ?? "application/octet-stream", ...(packed && { "Content-Encoding": "br" }) });
  createReadStream(file).pipe(response);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const url = `http://127.0.0.1:${server.address().port}/`;
const drawn = process.env.CANVAS ? ["--disable-3d-apis"] : ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", ...drawn] });
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function open(megabits) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
  const line = await page.context().newCDPSession(page);
  await line.send("Network.enable");
  const bytes = (megabits * 1e6) / 8;
  if (megabits) await line.send("Network.emulateNetworkConditions", { offline: false, latency: megabits < 5 ? 150 : 40, downloadThroughput: bytes, uploadThroughput: bytes });
  await page.addInitScript(() => {
    globalThis.long = [];
    new PerformanceObserver((list) => globalThis.long.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask", buffered: true });
  });
  return page;
}

const painted = (page) => page.locator(".umap.live canvas[data-painter]").first().waitFor({ timeout: 300_000 });

async function load(megabits) {
  const page = await open(megabits);
  Object.assign(sent, { app: 0, data: 0 });
  const began = Date.now();
  const loaded = page.goto(url, { waitUntil: "networkidle", timeout: 300_000 });
  await painted(page);
  const map = Date.now() - began;
  await loaded;
  const interactive = Math.max(map, Date.now() - began - 500);
  const { shown, long } = await page.evaluate(() => ({ shown: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0, long: globalThis.long }));
  const row = [sent.app / 1e3, sent.data / 1e3, shown, map, interactive, long.length, Math.max(0, ...long)];
  await page.close();
  return row;
}

// The slowest frame while something is done, how many there were, and the longest task.
async function frames(page, done) {
  await page.evaluate(() => {
    Object.assign(globalThis, { times: [], long: [] });
    let last = performance.now();
    const next = (now) => {
      globalThis.times.push(now - last);
      last = now;
      globalThis.watching = requestAnimationFrame(next);
    };
    globalThis.watching = requestAnimationFrame(next);
  });
  await done();
  await page.waitForTimeout(600);
  return page.evaluate(() => {
    cancelAnimationFrame(globalThis.watching);
    const times = globalThis.times.slice(1);
    return [Math.max(...times), times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)], times.length, Math.max(0, ...globalThis.long)];
  });
}

async function work() {
  const page = await open(0);
  await page.goto(url, { waitUntil: "networkidle", timeout: 300_000 });
  await painted(page);
  const map = page.locator(".umap.live").first();
  await map.scrollIntoViewIfNeeded();
  const all = page.getByRole("button", { name: "Draw all cells" }).first();
  const rows = [];
  const measure = async (name, done) => rows.push([name, ...(await frames(page, done))]);
  if (await all.count()) {
    await measure("drawing all cells", async () => {
      await all.click();
      await page.getByTestId("drawn").filter({ hasText: "All" }).waitFor();
      await page.waitForTimeout(2500);
    });
  }
  const box = await map.boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.waitForTimeout(500);
  await measure("zooming by wheel", async () => {
    for (let i = 0; i < 12; i += 1) await page.mouse.wheel(0, -100), await page.waitForTimeout(30);
  });
  await measure("panning", async () => {
    await page.mouse.down();
    for (let i = 0; i < 40; i += 1) await page.mouse.move(x + 120 * Math.sin(i / 6), y + 80 * Math.cos(i / 6)), await page.waitForTimeout(16);
    await page.mouse.up();
  });
  await page.getByRole("button", { name: "Whole map" }).first().click();
  await page.waitForTimeout(1500);
  await measure("pointing at cells", async () => {
    for (let i = 0; i < 30; i += 1) await page.mouse.move(x + 8 * i, y + 3 * i), await page.waitForTimeout(16);
  });
  const by = page.getByLabel("Colour cells by").first();
  await measure("another column", () => by.selectOption({ index: 1 }));
  await measure("a label alone", () => page.locator(".ogrid .legend .lg").first().click());
  await measure("a concept", async () => {
    await by.selectOption(await by.locator('option[value^="C"]').first().getAttribute("value"));
    await page.locator(".ogrid .rampkey").waitFor();
    await page.waitForTimeout(1500);
  });
  await measure("selecting what is seen", () => page.getByRole("button", { name: "Select what is seen" }).first().click());
  await page.close();
  return rows;
}

console.log("| line | app kB | data kB | shown ms | map ms | interactive ms | long tasks | longest ms |");
console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
for (const megabits of [1.6, 10]) {
  const all = [];
  for (let i = 0; i < Number(rounds); i += 1) all.push(await load(megabits));
  console.log(`| ${megabits} Mbit/s | ${all[0].map((_, column) => Math.round(median(all.map((row) => row[column])))).join(" | ")} |`);
}
console.log("\n| work | slowest frame ms | median frame ms | frames | longest task ms |");
console.log("| --- | --- | --- | --- | --- |");
const runs = [];
for (let i = 0; i < Number(rounds); i += 1) runs.push(await work());
runs[0].forEach(([name], place) => {
  const of = (column) => Math.round(median(runs.map((run) => run[place][column])));
  console.log(`| ${name} | ${of(1)} | ${of(2)} | ${of(3)} | ${of(4)} |`);
});
await browser.close();
server.close();

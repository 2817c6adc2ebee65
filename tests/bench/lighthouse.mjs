// Lighthouse on the overview and on a concept's page of a site: desktop preset in each category, mobile performance.
//
//     npm install --ignore-scripts --prefix /tmp/lighthouse lighthouse@12.8.2
//     CHROMIUM=/usr/bin/chromium LIGHTHOUSE=/tmp/lighthouse node tests/bench/lighthouse.mjs SITE [CONCEPT] [ROUNDS]
//
// SITE is what `cellprism site BUNDLE --out SITE` wrote. It is given out with the packed files beside it, as `serve` and most hosts
// do. Written: one Markdown row a page and preset, the middle of ROUNDS (3) by performance, with what Lighthouse marks below 0.9.
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { pathToFileURL } from "node:url";

const from = (file) => import(pathToFileURL(join(process.env.LIGHTHOUSE, "node_modules", file)));
const { default: lighthouse, desktopConfig } = await from("lighthouse/core/index.js");
const { launch } = await from("chrome-launcher/dist/index.js");
const [site, concept = "0", rounds = "3"] = process.argv.slice(2);
const types = { ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml", ".wasm": "application/wasm" };

const server = createServer((request, response) => {
  const asked = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname).slice(1) || "index.html");
  const found = (file) => !asked.startsWith("..") && statSync(file, { throwIfNoEntry: false })?.isFile();
  if (!found(join(site, asked))) return response.writeHead(404).end();
  const packed = /\bbr\b/.test(request.headers["accept-encoding"] ?? "") && found(join(site, `${asked}.br`));
  response.writeHead(200, { "Content-Type": types[extname(asked)] ?? "application/octet-stream", "Cache-Control": "max-age=3600", ...(packed && { "Content-Encoding": "br" }) });
  createReadStream(join(site, packed ? `${asked}.br` : asked)).pipe(response);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const url = `http://127.0.0.1:${server.address().port}/`;

const categories = ["performance", "accessibility", "best-practices", "seo"];
console.log("| page | preset | performance | accessibility | best practices | SEO | first paint ms | largest paint ms | blocked ms | shift |");
console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
for (const [preset, config] of [["desktop", desktopConfig], ["mobile", undefined]]) {
  for (const [name, hash] of [["overview", ""], ["concept", `#/concept/${concept}`]]) {
    const results = [];
    for (let round = 0; round < Number(rounds); round += 1) {
      const chrome = await launch({ chromePath: process.env.CHROMIUM, chromeFlags: ["--headless=new", "--no-sandbox", "--disable-quic", "--disable-background-networking"] });
      const { lhr } = await lighthouse(`${url}${hash}`, { port: chrome.port, output: "json", logLevel: "error", onlyCategories: categories }, config);
      results.push(lhr);
      await chrome.kill();
    }
    results.sort((a, b) => a.categories.performance.score - b.categories.performance.score);
    const lhr = results[Math.floor(results.length / 2)];
    const score = categories.map((category) => Math.round(lhr.categories[category].score * 100));
    const time = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time"].map((audit) => Math.round(lhr.audits[audit].numericValue));
    console.log(`| ${[name, preset, ...score, ...time, lhr.audits["cumulative-layout-shift"].numericValue.toFixed(3)].join(" | ")} |`);
    const low = Object.values(lhr.audits).filter((audit) => audit.score !== null && audit.score < 0.9 && audit.scoreDisplayMode !== "informative");
    console.error(`${name}, ${preset}: ${low.map((audit) => `${audit.id} ${audit.score}`).join(", ")}`);
  }
}
server.close();

// A bundle of the reader's own computer: a folder or a zip file, dropped on the page or chosen. Nothing leaves the page.
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { after, before, test } from "node:test";
import { headed, narrow, needed, openBrowser, visitPage } from "./lib/browser.mjs";
import { staticServer } from "./lib/servers.mjs";
import { json, stem, tensor } from "./lib/tensors.mjs";
import { writeZip } from "./lib/zip.mjs";

const published = needed("CELLPRISM_BUNDLE");

let browser;
let server;
let empty;
let work;
let folder;
let zip;

// Every file below a folder, by its path from there.
function filesOf(root) {
  const all = readdirSync(root, { recursive: true }).map((name) => join(root, name));
  return Object.fromEntries(all.filter((path) => statSync(path).isFile()).map((path) => [relative(root, path), readFileSync(path)]));
}

before(async () => {
  work = mkdtempSync(join(tmpdir(), "cellprism-this-computer-"));
  folder = join(work, "my bundle");
  cpSync(published, folder, { recursive: true });
  zip = join(work, "packed.zip");
  // packed from its parent folder, as a file manager does
  writeZip(zip, Object.fromEntries(Object.entries(filesOf(published)).map(([name, content]) => [`packed/${name}`, content])));
  // the same program without any bundle
  const site = join(work, "empty");
  cpSync(needed("CELLPRISM_SITE"), site, { recursive: true, filter: (path) => basename(path) !== "bundles" && basename(path) !== "heads" });
  cpSync(needed("CELLPRISM_SITE"), site, { recursive: true, filter: (path) => path === needed("CELLPRISM_SITE") || path.endsWith("bundles") });
  writeFileSync(join(site, "bundles/index.json"), "[]");
  browser = await openBrowser();
  server = await staticServer(needed("CELLPRISM_SITE"));
  empty = await staticServer(site);
});

after(async () => {
  await browser?.close();
  await Promise.all([server?.close(), empty?.close()]);
  rmSync(work, { recursive: true });
});

// What index.html says of its own bundle stands before the program runs.
async function ready(page) {
  await page.locator(".openbtn").waitFor();
  await headed(page);
}

// A page at an address, with every address that it asked for.
async function visit(host, address, look, viewport) {
  const asked = [];
  const prepare = (page) => page.on("request", (request) => asked.push(request.url()));
  await visitPage(browser, host, address, ready, (page) => look(page, asked), viewport, undefined, prepare);
}

// Lets files or folders of this computer go over the page, as a file manager does.
async function drop(page, ...paths) {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver"]) await session.send("Input.dispatchDragEvent", { type, x: 500, y: 400, data });
  await page.locator(".letgo").waitFor();
  await session.send("Input.dispatchDragEvent", { type: "drop", x: 500, y: 400, data });
  await page.locator(".letgo").waitFor({ state: "detached" });
}

const opened = (page, name) => page.getByTestId("of-this-computer").filter({ hasText: `Shows “${name}” of this computer` }).waitFor();

// The bundle's own words, and nothing of it over the network.
async function isWhole(page, asked) {
  const index = json(published, "concepts/index.json");
  const concept = index.rows.find((row) => row.cells > 20 && !row.not_described);
  const before = asked.length;
  await page.evaluate((id) => (location.hash = `#/concept/${id}`), concept.id);
  const detail = json(published, `concepts/${stem(concept.id)}.json`);
  await page.locator("#pairs h2").waitFor();
  assert.ok((await page.locator("h1").first().innerText()).includes(`C${concept.id}`));
  // counts of its cells, from the file of samples
  await page.locator("#pairs").scrollIntoViewIfNeeded();
  await page.locator("#pairs .facts").filter({ hasText: detail.prototypes[0].name }).waitFor();
  const counts = page.locator("#pairs tbody tr").first().locator("td.n").first();
  await page.waitForFunction(() => /^\d+$/.test(document.querySelector("#pairs tbody td.n")?.innerText ?? ""));
  assert.match(await counts.innerText(), /^\d+$/);
  // the worker has the bytes, too
  await page.locator("#recompute").getByRole("button", { name: /recompute/i }).first().click();
  const verdict = page.locator("#recompute").getByText(/same label|the same|label changed|no label/i).first();
  await verdict.waitFor({ timeout: 60_000 });
  const bundleFiles = asked.slice(before).filter((url) => /\.(json|safetensors|bin)(\?|$)/.test(url));
  assert.deepEqual(bundleFiles, [], "nothing of the bundle is fetched");
}

test("a folder that is dropped is the explorer of its bundle, recomputing included", async () => {
  await visit(server, "#/concepts", async (page, asked) => {
    await drop(page, folder);
    await opened(page, "my bundle");
    assert.match(page.url(), /\?bundle=this-computer%3Amy%20bundle#\/$/);
    await isWhole(page, asked);
  });
});

test("a zip file that is chosen beside the picker is, too", async () => {
  await visit(server, "", async (page, asked) => {
    await page.getByRole("button", { name: "Open a bundle of this computer" }).click();
    const dialog = page.getByRole("dialog", { name: "Open a bundle of this computer" });
    assert.match(await dialog.innerText(), /Nothing leaves this page.*A reload forgets it/s);
    await dialog.getByTestId("open-zip").setInputFiles(zip);
    await opened(page, "packed.zip");
    await dialog.waitFor({ state: "detached" });
    // the picker names it, beside the site's own
    assert.match(await page.getByLabel("Bundle").locator("option:checked").innerText(), /\(this computer\)$/);
    // files are saved, not linked to: they have no address
    const [manifest] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Manifest" }).click()]);
    assert.deepEqual(readFileSync(await manifest.path()), readFileSync(join(published, "manifest.json")));
    await isWhole(page, asked);
  });
});

test("a site without bundles shows the reader's: a folder chosen, a zip file dropped; on a phone, too", async () => {
  await visit(empty, "", async (page, asked) => {
    await page.getByRole("heading", { name: "Open a bundle", exact: true }).waitFor();
    assert.equal(await page.getByRole("alert").count(), 0, "that is no failure");
    await page.getByTestId("open-folder").setInputFiles(folder);
    await opened(page, "my bundle");
    await isWhole(page, asked);
  });
  await visit(empty, "", async (page) => {
    await drop(page, zip);
    await opened(page, "packed.zip");
    await page.locator(".strip").waitFor();
  });
  await visit(empty, "", async (page) => {
    await page.getByTestId("open-zip").setInputFiles(zip);
    await opened(page, "packed.zip");
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  }, narrow);
});

test("a reload, a link and the browser's Back never show another bundle in its place", async () => {
  await visit(server, "#/concepts", async (page) => {
    await drop(page, zip);
    await opened(page, "packed.zip");
    await page.reload();
    await page.getByRole("heading", { name: "Open the bundle again" }).waitFor();
    assert.match(await page.locator("main").innerText(), /packed\.zip lay on the computer.*A reload or a link cannot keep it/s);
    await page.getByTestId("open-zip").setInputFiles(zip);
    await opened(page, "packed.zip");
    await page.goBack();
    await page.goBack();
    await page.getByRole("heading", { name: "Concepts" }).waitFor();
    assert.equal(await page.getByTestId("of-this-computer").count(), 0);
    assert.ok(!page.url().includes("this-computer"));
  });
});

test("what is no bundle, damaged, too large or too new is said, and what was open stays", async () => {
  const plain = join(work, "plain folder");
  cpSync(join(published, "genes"), plain, { recursive: true });
  const cut = join(work, "cut.zip");
  writeFileSync(cut, readFileSync(zip).subarray(0, statSync(zip).size * 0.6));
  const files = filesOf(published);
  const bomb = join(work, "bomb.zip");
  // 40 MB of blanks in some kB, for a file that the manifest says is small; the first file of an archive is stored as it is
  writeZip(bomb, { ...files, "genes/index.json": Buffer.alloc(40_000_000, " ") });
  const newer = join(work, "newer");
  cpSync(published, newer, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(newer, "manifest.json")));
  const version = manifest.schema_version ?? manifest.version;
  writeFileSync(
    join(newer, "manifest.json"),
    readFileSync(join(newer, "manifest.json"), "utf8").replace(/("(?:schema_)?version":\s*)(\{[^}]*\}|"?[\d.]+"?)/, (all, key, value) => key + value.replace(/\d+/, (n) => String(Number(n) + 1))),
  );
  assert.ok(version !== undefined);
  const changed = join(work, "changed");
  cpSync(published, changed, { recursive: true });
  const genes = readFileSync(join(changed, "genes/index.json"));
  genes[genes.length >> 1] ^= 1;
  writeFileSync(join(changed, "genes/index.json"), genes);
  const cells = join(work, "cells.h5ad");
  writeFileSync(cells, "\x89HDF\r\n\x1a\n");
  for (const [path, said] of [
    [plain, /^plain folder: there is no bundle in it, that is no file manifest\.json: give the folder that cellprism run wrote/],
    [cut, /^cut\.zip: it is no zip file, or its end is missing: copy or download it again/],
    [bomb, /^bomb\.zip: genes\/index\.json: it has 40,000,000 bytes, and the manifest says [\d,]+: copy or download the bundle again/],
    [newer, /^newer: manifest\.json: .*newer/],
    [changed, /^changed: genes\/index\.json: it is not the file in the manifest \(another SHA-256\): copy or download the bundle again/],
    [cells, /^cells\.h5ad is no bundle.*Your data/],
  ]) {
    await visit(server, "#/concepts", async (page) => {
      await drop(page, path);
      const alert = page.getByTestId("not-opened");
      await alert.waitFor();
      assert.match(await alert.innerText(), said);
      await page.getByRole("button", { name: "Close" }).click();
      await page.getByRole("heading", { name: "Concepts" }).waitFor();
      assert.equal(await page.getByTestId("of-this-computer").count(), 0);
    });
  }
  assert.ok(existsSync(folder));
});

test("a file that is missing in the folder is named where it is needed, and everything else is shown", async () => {
  const part = join(work, "part");
  cpSync(published, part, { recursive: true });
  rmSync(join(part, "samples"), { recursive: true });
  const concept = json(published, "concepts/index.json").rows.find((row) => row.cells > 20 && !row.not_described);
  await visit(server, "", async (page) => {
    await drop(page, part);
    await opened(page, "part");
    await page.evaluate((id) => (location.hash = `#/concept/${id}`), concept.id);
    await page.locator("#pairs").scrollIntoViewIfNeeded();
    const alert = page.locator("#pairs").getByRole("alert");
    await alert.waitFor();
    assert.match(await alert.innerText(), /samples\/\d+\.safetensors: it is missing in part: copy the whole bundle/);
    // effects stand without the counts
    const first = tensor(join(published, `concepts/${stem(concept.id)}.safetensors`), "pair_scores");
    assert.ok(first.length > 0);
    assert.equal(await page.locator("#pairs tbody tr").count() > 5, true);
  });
});

// The reader's own data: cells, embeddings and a ranking dropped on a plain static site in a sub-path. What comes out is the
// bundle's and the command line's, nothing is asked of another host, and the memory taken does not grow with the file.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { narrow, needed, openBrowser, openPage, screenshot, visitPage, wide } from "./lib/browser.mjs";
import { BLOCK, writeLarge } from "./lib/large.mjs";
import { staticServer } from "./lib/servers.mjs";
import { json, stem, tensor } from "./lib/tensors.mjs";

const binary = needed("CELLPRISM_BINARY");
const bundle = needed("CELLPRISM_BUNDLE");
const root = new URL("../..", import.meta.url).pathname;
const demoCells = join(root, "tests/fixtures/demo/cells.h5ad");
const shared = process.env.CELLPRISM_SHARED ?? join(root, "../shared");
const work = mkdtempSync(join(tmpdir(), "cellprism-your-data-"));
const inWork = (name) => join(work, name);

let browser;
let site;

before(async () => {
  browser = await openBrowser();
  site = await staticServer(needed("CELLPRISM_SITE"));
});

after(async () => {
  await browser?.close();
  await site?.close();
  rmSync(work, { recursive: true });
});

const arrived = (page) => page.getByRole("heading", { name: "Your data", level: 1 }).waitFor();
const visit = (use, viewport, options) => visitPage(browser, site, "#/your-data", arrived, use, viewport, options);

const choose = (page, file) => page.getByTestId("own-file").setInputFiles(file);
const found = (page) => page.getByTestId("own-figures").waitFor({ timeout: 240_000 });

async function saved(page, name) {
  const [download] = await Promise.all([
    page.waitForEvent("download", { timeout: 60_000 }),
    page.getByRole("button", { name: new RegExp(name.replace(".", "\\.")) }).click(),
  ]);
  assert.equal(download.suggestedFilename(), name);
  return readFileSync(await download.path(), "utf8");
}

async function savedAs(page, button) {
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  return download.path();
}

// Fields of a line that may quote the first one.
function fields(line) {
  const quoted = line.match(/^"((?:[^"]|"")*)",(.*)$/);
  return quoted ? [quoted[1].replaceAll('""', '"'), ...quoted[2].split(",")] : line.split(",");
}

// activations.csv as a map from cell and concept to the activation.
function activations(text) {
  const [header, ...lines] = text.trim().split("\n");
  assert.equal(header, "cell,concept,activation");
  return new Map(lines.map(fields).map(([cell, concept, value]) => [`${cell}|${concept}`, Number(value)]));
}

// The command line's activations of the same cells.
function commandLine(cells) {
  const [embedded, encoded] = [inWork("e.safetensors"), inWork("a.safetensors")];
  for (const old of [embedded, encoded]) rmSync(old, { force: true });
  const run = (...args) => execFileSync(binary, [...args, "--quiet"], { stdio: ["ignore", "ignore", "pipe"] });
  if (!existsSync(inWork("model"))) run("import", "scvi", join(root, "tests/fixtures/demo/scvi"), "--out", inWork("model"));
  run("embed", "--model", inWork("model"), "--cells", cells, "--out", embedded);
  run("sae", "encode", "--sae", join(bundle, "sae"), "--embeddings", embedded, "--out", encoded);
  const header = readFileSync(embedded);
  const length = Number(header.readBigUInt64LE(0));
  const names = JSON.parse(JSON.parse(header.subarray(8, 8 + length)).__metadata__.cells);
  const [indices, values] = [tensor(encoded, "indices"), tensor(encoded, "values")];
  const k = indices.length / names.length;
  const all = new Map();
  values.forEach((value, i) => value > 0 && all.set(`${names[Math.floor(i / k)]}|${indices[i]}`, value));
  return { all, names, embedded };
}

function same(mine, theirs, within = 1e-5) {
  const keys = new Set([...mine.keys(), ...theirs.keys()]);
  let worst = 0;
  for (const key of keys) worst = Math.max(worst, Math.abs((mine.get(key) ?? 0) - (theirs.get(key) ?? 0)));
  assert.ok(worst <= within, `activations differ by ${worst}`);
  assert.ok(keys.size > 100);
}

test("the bundle's own cells: its own activations, labels, and every cell on itself", async () => {
  await visit(async (page) => {
    await choose(page, demoCells);
    await found(page);
    const mine = activations(await saved(page, "activations.csv"));
    const ids = json(bundle, "cells/ids.json");
    const rows = json(bundle, "concepts/index.json").rows.filter((row) => row.cells > 0);
    const theirs = new Map();
    for (const row of rows) {
      const file = join(bundle, "concepts", `${stem(row.id)}.safetensors`);
      const [cells, values] = [tensor(file, "cells"), tensor(file, "activations")];
      cells.forEach((cell, i) => theirs.set(`${ids[cell]}|${row.id}`, values[i]));
    }
    same(mine, theirs);
    same(mine, commandLine(demoCells).all);

    const audit = await page.getByTestId("audit").innerText();
    const model = json(bundle, "genes/index.json").symbols.length;
    assert.match(audit, new RegExp(`of ${model.toLocaleString("en")} genes of the model matched`));

    // the table: shares here are those of the bundle, since these are its cells
    const most = rows.toSorted((a, b) => b.cells - a.cells || a.id - b.id)[0];
    const row = page.getByTestId("own-concepts").locator(`tr[data-concept="${most.id}"]`);
    assert.match(await row.innerText(), new RegExp(`C${most.id}[\\s\\S]*\\t${most.cells.toLocaleString("en")}\\t`));
    assert.match(await row.innerText(), /1\.0×/);

    // labels, counted again from the file that was saved
    await row.getByRole("button", { name: `Labels of C${most.id}` }).click();
    const codes = json(bundle, "cells/metadata.json").columns;
    const label = await page.getByTestId("own-labels").locator("tbody tr").first().innerText();
    const [, cells, active] = label.split("\t");
    assert.ok(Number(active.replace(",", "")) <= Number(cells.replace(",", "")) && codes.length > 0, label);
    const summed = await page.getByTestId("own-labels").locator("tbody tr").evaluateAll((rows) =>
      rows.map((row) => Number(row.cells[2].innerText.replace(",", ""))).reduce((a, b) => a + b, 0));
    assert.equal(summed, most.cells, "every active cell has a label in the first column");

    // each cell's nearest is itself: median distance 0 in the caption
    assert.match(await page.getByTestId("own-placed").innerText(), /median distance 0,/);

    // over the map in colour: by a label of theirs, then by the concept that was chosen above
    const map = page.getByTestId("own-map");
    const counted = await page.getByTestId("own-labels").locator("tbody tr").evaluateAll((rows) =>
      rows.map((row) => [row.dataset.label, Number(row.cells[1].innerText.replace(",", ""))]));
    await map.locator(".legend .lg").first().waitFor();
    const key = await map.locator(".legend .lg").evaluateAll((labels) =>
      labels.map((label) => [label.querySelector("span").innerText, Number(label.querySelector(".n").innerText.replace(",", ""))]));
    assert.deepEqual(new Map(key.toSorted()), new Map(counted.toSorted()));
    const dots = async () => readFileSync(await savedAs(page, map.getByRole("button", { name: "SVG" })), "utf8").match(/M[\d.]+ [\d.]+h0/g).length;
    assert.equal(await dots(), 2 * ids.length);
    await map.locator(".legend .lg").first().click();
    await map.getByRole("button", { name: "Show all labels" }).waitFor();
    assert.equal(await dots(), ids.length + key[0][1]);
    await page.getByTestId("own-by").selectOption("concept");
    const ramp = page.getByTestId("own-ramp");
    await ramp.filter({ hasText: `C${most.id}, activation` }).waitFor();
    const strongest = Math.max(...tensor(join(bundle, "concepts", `${stem(most.id)}.safetensors`), "activations"));
    assert.ok(Math.abs(Number(await ramp.locator(".rampkey span").last().innerText()) - strongest) < 0.01 * strongest);
    assert.equal(await dots(), 2 * ids.length);
    await map.locator(".umap.live").focus();
    await page.keyboard.press("ArrowRight");
    await map.getByTestId("cell-tip").filter({ hasText: /Your cell in row \d+[\s\S]*0 from the bundle’s nearest cell/ }).waitFor();
    await page.screenshot({ path: screenshot("your-data-wide"), fullPage: true });

    const embeddings = await saved(page, "embeddings.csv");
    assert.equal(embeddings.trim().split("\n").length, ids.length + 1);
  });
});

test("embeddings as a table, a safetensors file and an array of numpy say the same as the cells", async () => {
  const { all, names, embedded } = commandLine(demoCells);
  const values = tensor(embedded, "embeddings");
  const width = json(bundle, "sae/cfg.json").d_in;
  const line = (name, i) => `${name},${values.slice(i * width, (i + 1) * width).join(",")}\n`;
  writeFileSync(inWork("embeddings.csv"), `cell,${Array.from({ length: width }, (_, i) => `d${i}`)}\n${names.map(line).join("")}`);
  const header = Buffer.from(`{'descr': '<f4', 'fortran_order': False, 'shape': (${values.length / width}, ${width}), }\n`);
  const size = Buffer.from(Uint16Array.of(header.length).buffer);
  writeFileSync(inWork("x.npy"), Buffer.concat([Buffer.from("\x93NUMPY\x01\0", "latin1"), size, header, Buffer.from(values.buffer)]));
  await visit(async (page) => {
    for (const file of [inWork("embeddings.csv"), embedded, inWork("x.npy")]) {
      await choose(page, file);
      await page.getByTestId("own-figures").filter({ hasText: file.split("/").at(-1) }).waitFor({ timeout: 60_000 });
      const mine = activations(await saved(page, "activations.csv"));
      if (!file.endsWith(".npy")) same(mine, all);
      else assert.equal(mine.size, all.size, "cells of an array have numbers for names");
      assert.equal(await page.getByRole("button", { name: /embeddings\.csv/ }).count(), 0);
    }
  });
});

test("cells of another data set: the command line's activations", async (t) => {
  const cells = join(shared, "data/pbmc3k.h5ad");
  if (!existsSync(cells)) return t.skip(`no shared data at ${shared}`);
  await visit(async (page) => {
    await choose(page, cells);
    await found(page);
    same(activations(await saved(page, "activations.csv")), commandLine(cells).all);
  });
});

test("a ranking: the bundle's sets, own sets, and p never 0 in the file", async () => {
  const { symbols } = json(bundle, "genes/index.json");
  writeFileSync(inWork("mine.rnk"), symbols.map((gene, i) => `${gene}\t${symbols.length / 2 - i}`).join("\n"));
  writeFileSync(inWork("mine.gmt"), `TOP\t\t${symbols.slice(0, 30).join("\t")}\nEND\t\t${symbols.slice(-30).join("\t")}\n`);
  await visit(async (page) => {
    await choose(page, inWork("mine.rnk"));
    const sets = page.getByTestId("own-sets");
    await sets.waitFor({ timeout: 120_000 });
    const published = await saved(page, "enrichment.csv");
    assert.equal(published.split("\n")[1], "term,size,es,nes,p,fdr,fwer,leading_edge");
    for (const line of published.trim().split("\n").slice(2)) {
      const [, , , , p, fdr] = fields(line);
      assert.ok(p !== "0" && fdr !== "0", line);
    }
    await page.getByTestId("own-gmt").setInputFiles(inWork("mine.gmt"));
    await page.getByRole("button", { name: "Test", exact: true }).click();
    await sets.locator('tr[data-term="TOP"]').waitFor({ timeout: 60_000 });
    const own = await saved(page, "enrichment.csv");
    // the command line, asked for the same
    const p = json(bundle, "manifest.json").parameters.enrichment;
    execFileSync(binary, [
      "enrich", "--ranking", inWork("mine.rnk"), "--gene-sets", inWork("mine.gmt"), "--out", inWork("mine.json"), "--convention", p.convention,
      "--permutations", String(p.permutations), "--seed", String(p.seed), "--min-size", String(p.min_size), "--max-size", String(p.max_size), "--quiet",
    ], { stdio: ["ignore", "ignore", "pipe"] });
    const theirs = JSON.parse(readFileSync(inWork("mine.json"))).sets;
    for (const set of theirs) {
      const mine = fields(own.split("\n").find((line) => line.startsWith(`${set.term},`)));
      assert.equal(Number(mine[2]), set.es);
      assert.ok(Math.abs(Number(mine[3]) - set.nes) < 1e-9, `${set.term}: ${mine[3]} and ${set.nes}`);
    }
    await page.screenshot({ path: screenshot("your-data-ranking"), fullPage: true });
  });
});

test("files that are wrong are told with what to do, and the page goes on", async () => {
  const whole = readFileSync(demoCells);
  const width = json(bundle, "sae/cfg.json").d_in;
  const numbers = (count, of = "0.5") => Array(count).fill(of).join(",");
  const files = {
    "text.h5ad": ["gene,cell\n", /not an HDF5 file .*text file/],
    "cut.h5ad": [whole.subarray(0, whole.length / 2), /cut short|truncated|copy or download it again/],
    "noise.h5ad": [Buffer.concat([whole.subarray(0, 96), Buffer.alloc(4000, 7)]), /noise\.h5ad/],
    "packed.zip": [Buffer.from("PK\x03\x04rest"), /zip archive: unpack it first/],
    "packed.h5ad.gz": [Buffer.from([0x1f, 0x8b, 8, 0]), /gunzip/],
    "empty.h5ad": ["", /empty/],
    "picture.png": [Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0]), /none of the files that are read here/],
    "narrow.csv": [`cell,${numbers(width - 1, "d")}\na,${numbers(width - 1)}\n`, new RegExp(`${width - 1} numbers.*${width} dimensions`, "s")],
    "holes.csv": [`cell,${numbers(width, "d")}\na,${numbers(width)}\nb,,${numbers(width - 1)}\n`, /line 3 \(cell b\), column 2/],
    "lie.safetensors": [Buffer.alloc(64, 0xff), /its header claims/],
  };
  await visit(async (page) => {
    for (const [name, [content, words]] of Object.entries(files)) {
      writeFileSync(inWork(name), content);
      await choose(page, inWork(name));
      const alert = page.getByTestId("own-failed").filter({ hasText: name });
      await alert.waitFor({ timeout: 30_000 });
      assert.match(await alert.innerText(), words, name);
    }
    await page.screenshot({ path: screenshot("your-data-failed"), fullPage: true });
    await choose(page, demoCells);
    await found(page);
  });
});

test("hostile files of the fuzzer's corpus never take the page down", async () => {
  const { readdirSync } = await import("node:fs");
  const corpus = join(root, "fuzz/corpus/h5ad");
  await visit(async (page) => {
    for (const name of readdirSync(corpus).slice(0, 24)) {
      writeFileSync(inWork(`${name}.h5ad`), readFileSync(join(corpus, name)));
      await choose(page, inWork(`${name}.h5ad`));
      await page.getByTestId("own-failed").or(page.getByTestId("own-figures")).filter({ hasText: `${name}.h5ad` }).waitFor({ timeout: 60_000 });
    }
  });
});

test("from the keyboard, and on a phone", async () => {
  await visit(async (page) => {
    const input = page.getByTestId("own-file");
    // Chromium is told of this listener at the side: a key that is pressed at the same time may come first, and opens a dialog
    // that nobody sees.
    const chooser = page.waitForEvent("filechooser", { timeout: 60_000 });
    for (let i = 0; i < 40 && !(await input.evaluate((e) => e === document.activeElement)); i += 1) await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await (await chooser).setFiles(demoCells);
    await found(page);
    const button = page.getByRole("button", { name: /activations\.csv/ });
    await button.focus();
    const download = page.waitForEvent("download");
    await page.keyboard.press("Enter");
    assert.equal((await download).suggestedFilename(), "activations.csv");
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
    await page.screenshot({ path: screenshot("your-data-narrow"), fullPage: true });
  }, narrow);
});

// A large file: progress, cancel, then the whole of it in bounded memory.
async function large(megabytes) {
  const { symbols } = json(bundle, "genes/index.json");
  const each = 250;
  const path = inWork("large.h5ad");
  const { cells, size } = writeLarge(path, symbols, Math.ceil((megabytes * 1e6) / (8 * each + 24) / BLOCK) * BLOCK, each);
  assert.ok(statSync(path).size === size && size >= megabytes * 1e6 * 0.99);
  const { page, problems, close } = await openPage(browser, site.origin);
  try {
    await page.goto(`${site.url}#/your-data`);
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    await choose(page, path);
    const progress = page.getByTestId("own-progress");
    await progress.filter({ hasText: /of [\d,]+ cells, [\d,]+ a second/ }).waitFor({ timeout: 60_000 });
    await page.screenshot({ path: screenshot("your-data-progress") });
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Cancelled. Nothing was kept.").waitFor();
    await page.getByRole("button", { name: "Read again" }).click();
    await page.getByTestId("own-figures").waitFor({ timeout: 1_200_000 });
    const figures = page.getByTestId("own-figures");
    assert.equal(Number(await figures.getAttribute("data-cells")), cells);
    const worker = Number(await figures.getAttribute("data-memory"));
    const { metrics } = await session.send("Performance.getMetrics");
    const heap = metrics.find((metric) => metric.name === "JSHeapUsedSize").value;
    console.log(`# ${(size / 1e6).toFixed(0)} MB: worker ${(worker / 1e6).toFixed(0)} MB, page ${(heap / 1e6).toFixed(0)} MB, ${await figures.innerText()}`.replaceAll("\n", " "));
    assert.ok(worker > 1e6 && worker + heap < 300e6, `${worker} + ${heap} bytes`);
    // every block is the same: each concept's active cells are a multiple of the blocks
    const counts = await page.getByTestId("own-concepts").locator("tbody tr").evaluateAll((rows) => rows.map((row) => Number(row.cells[1].innerText.replaceAll(",", ""))));
    assert.ok(counts.length > 0 && counts.every((count) => count % (cells / BLOCK) === 0), counts.join());
    assert.deepEqual(problems, []);
  } finally {
    await close();
    rmSync(path);
  }
}

test("a file of 200 MB takes no more memory than a small one, and can be cancelled", async () => large(200));

test("a file of 2 GB in less than 300 MB", { skip: process.env.CELLPRISM_LONG ? false : "only with --long (CELLPRISM_LONG=1)" }, async () => large(2000));

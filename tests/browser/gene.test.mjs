// A gene's page and the map coloured by a gene: what they say is what the bundle's files say.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { narrow, needed, openBrowser, saveFrom, screenshot, visitPage } from "./lib/browser.mjs";
import { programServer, staticServer } from "./lib/servers.mjs";
import { csv, json, stem, tensor } from "./lib/tensors.mjs";

let browser;
let folder;
let program;
let own;
const bundle = needed("CELLPRISM_BUNDLE");
const manifest = json(bundle, "manifest.json");
const genes = json(bundle, "genes/index.json");
const index = json(bundle, "concepts/index.json");
const metadata = json(bundle, "cells/metadata.json");
const primary = metadata.columns.find((c) => c.name === metadata.primary);
const codes = tensor(join(bundle, "cells/metadata.safetensors"), primary.name);
// A gene that some cells have and that some concept names.
const symbol = index.rows.flatMap((row) => row.genes).map((g) => g.gene).find((g) => {
  const share = genes.detection[genes.symbols.indexOf(g)];
  return share > 0.05 && share < 0.6;
});
const place = genes.symbols.indexOf(symbol);

// Counts of a gene by cell, from the bundle's files.
function counts(gene) {
  const { genes_per_file: each } = manifest.expression;
  const file = join(bundle, `genes/expression.${stem(Math.floor(gene / each))}.safetensors`);
  const [starts, cells, values] = ["starts", "cells", "counts"].map((name) => tensor(file, name));
  const [from, to] = [starts[gene % each], starts[(gene % each) + 1]];
  return new Map([...cells.subarray(from, to)].map((cell, i) => [cell, values[from + i]]));
}

before(async () => {
  browser = await openBrowser(["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]);
  folder = await staticServer(needed("CELLPRISM_SITE"));
  program = await programServer(needed("CELLPRISM_BINARY"), bundle);
  own = mkdtempSync(join(tmpdir(), "cellprism-gene-"));
});

after(async () => {
  await browser?.close();
  await folder?.close();
  await program?.close();
  rmSync(own, { recursive: true });
});

const visit = (server, hash, work, viewport, options) => visitPage(browser, server, hash, (page) => page.locator("h1").first().waitFor(), work, viewport, options);

const saved = async (page, button, name) => csv(await saveFrom(page, button, own, name));

test("every gene's counts are in the bundle, in as many cells as the index says", () => {
  const { files, counts: total } = manifest.expression;
  assert.ok(existsSync(join(bundle, `genes/expression.${stem(files - 1)}.safetensors`)));
  let sum = 0;
  genes.symbols.forEach((_, gene) => {
    const found = counts(gene);
    sum += found.size;
    assert.ok(Math.abs(found.size / codes.length - genes.detection[gene]) < 1e-6);
  });
  assert.equal(sum, total);
});

test("a gene's shares and means by label are those of its counts", async () => {
  const found = counts(place);
  for (const server of [folder, program]) {
    await visit(server, `#/gene/${symbol}`, async (page) => {
      const table = page.getByTestId("expression");
      await table.waitFor();
      const rows = await saved(page, page.locator("#expression figure", { has: table }).getByRole("button", { name: "CSV" }), "expression.csv");
      assert.equal(rows.length, primary.counts.filter((n) => n > 0).length);
      for (const row of rows) {
        const cells = [...codes.keys()].filter((cell) => primary.labels[codes[cell]] === row[primary.name]);
        const having = cells.filter((cell) => found.has(cell));
        assert.equal(Number(row.cells), cells.length);
        assert.ok(Math.abs(row.share_of_cells - having.length / cells.length) < 1e-9);
        const mean = having.reduce((sum, cell) => sum + found.get(cell), 0) / cells.length;
        assert.ok(Math.abs(row.mean_count - mean) < 1e-9 * Math.max(1, mean), `${row.mean_count}, not ${mean}`);
      }
    });
  }
});

test("other sites learn nothing of the page one comes from", async () => {
  await visit(folder, `#/gene/${symbol}`, async (page) => {
    const links = page.getByTestId("gene-links").locator("a");
    await links.first().waitFor();
    assert.deepEqual((await links.allInnerTexts()).slice(0, 3), ["Human Protein Atlas", "NCBI Gene", "PubMed"]);
    for (const link of await links.all()) assert.equal(await link.getAttribute("rel"), "noreferrer");
    await page.getByTestId("expression").waitFor();
    await page.screenshot({ path: screenshot("gene"), fullPage: true });
  });
});

test("a gene colours the overview's map, by any letters, and one that is not there is said to be none", async () => {
  const found = counts(place);
  await visit(folder, "#/", async (page) => {
    const field = page.getByLabel("Gene to colour by");
    await field.fill(symbol.toLowerCase());
    await field.press("Enter");
    await page.waitForURL(new RegExp(`by=gene%3A${symbol}`));
    const ramp = page.locator(".ogrid .rampkey");
    await ramp.waitFor();
    assert.equal(Number((await ramp.locator("span").allInnerTexts()).at(-1)), Math.max(...found.values()));
    await page.getByRole("button", { name: "Select what is seen" }).first().click();
    const button = page.getByRole("button", { name: "CSV of the cells" });
    await button.waitFor();
    const rows = await saved(page, button, "cells.csv");
    assert.equal(rows.length, codes.length);
    rows.forEach((row, cell) => assert.equal(Number(row[symbol]), found.get(cell) ?? 0));
    await field.fill("NOT-A-GENE");
    await field.press("Enter");
    await page.getByRole("alert").filter({ hasText: `NOT-A-GENE is not among this model’s ${genes.symbols.length.toLocaleString("en-US")} genes` }).waitFor();
  });
});

test("on a phone a gene's description is a sheet within the screen, and can be closed", async () => {
  const concept = index.rows.find((row) => row.title_parts?.has?.length > 0)?.id ?? index.rows.find((row) => row.cells > 20).id;
  await visit(folder, `#/concept/${concept}`, async (page) => {
    await page.getByTestId("presence").locator("tbody tr").first().locator("button.glink").tap();
    const card = page.locator("#genecard");
    await card.waitFor();
    const box = await card.boundingBox();
    assert.ok(box.y >= 0 && box.y + box.height <= narrow.height + 1, JSON.stringify(box));
    await card.getByRole("button", { name: "Close the description" }).tap();
    await card.waitFor({ state: "detached" });
  }, narrow, { hasTouch: true, isMobile: true });
});

// Genes that were not swapped: their scores are estimates by the model's gradient, and say so wherever they stand.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { needed, openBrowser, saveFrom, visitor } from "./lib/browser.mjs";
import { staticServer } from "./lib/servers.mjs";
import { csv, json, stem } from "./lib/tensors.mjs";

const root = new URL("../..", import.meta.url).pathname;
const cellprism = (...args) => execFileSync(needed("CELLPRISM_BINARY"), [...args, "--quiet"], { stdio: ["ignore", "ignore", "pipe"] });

let browser;
let server;
let work;
let bundle;
let concept;
let detail;

// A scGPT of six genes of the demonstration's cells; two are swapped for their estimates, two by chance, two are not.
before(async () => {
  work = mkdtempSync(join(tmpdir(), "cellprism-screened-"));
  const [checkpoint, site] = [join(work, "checkpoint"), join(work, "site")];
  mkdirSync(checkpoint);
  const fixture = (name) => join(root, "onnx/tests/fixtures", name);
  cpSync(fixture("tiny_scgpt.pt"), join(checkpoint, "best_model.pt"));
  cpSync(fixture("tiny_args.json"), join(checkpoint, "args.json"));
  const names = ["LYZ", "CD3D", "MS4A1", "NKG7", "S100A8", "CD79A"];
  const vocabulary = names.reduce((text, name, i) => text.replace(`"G${i}"`, `"${name}"`), readFileSync(fixture("tiny_vocab.json"), "utf8"));
  writeFileSync(join(checkpoint, "vocab.json"), vocabulary);
  writeFileSync(join(work, "sets.gmt"), "A\tx\tLYZ\tCD3D\nB\tx\tS100A8\tNKG7\tCD79A\n");
  cellprism("import", "scgpt", checkpoint, "--out", join(work, "model"));
  bundle = join(work, "bundle");
  cellprism(
    "run", "--model", join(work, "model"), "--cells", join(root, "tests/fixtures/demo/cells.h5ad"), "--gene-sets", join(work, "sets.gmt"),
    "--concepts", "4", "--active", "2", "--attribution", "screened", "--leading", "2", "--sample", "2", "--min-size", "1", "--out", bundle,
  );
  cpSync(needed("CELLPRISM_SITE"), site, { recursive: true });
  cpSync(bundle, join(site, "bundles/screened"), { recursive: true });
  concept = json(bundle, "concepts/index.json").rows.filter((row) => row.cells > 20).map((row) => row.id)
    .find((id) => json(bundle, `concepts/${stem(id)}.json`).attribution.screened?.rest > 0);
  detail = json(bundle, `concepts/${stem(concept)}.json`);
  browser = await openBrowser();
  server = await staticServer(site);
});

after(async () => {
  await browser?.close();
  await server?.close();
  rmSync(work, { recursive: true });
});

const visit = visitor(() => ({ browser, server }));

test("an estimate bears ≈ in every table, and how many there are is said once for each", async () => {
  const { screened, swapped_genes: swapped, genes } = detail.attribution;
  const estimates = new Set(genes.filter((gene) => gene.mean !== 0 && !swapped.includes(gene.gene)).map((gene) => gene.symbol));
  assert.ok(estimates.size > 0 && estimates.size <= screened.rest, "a concept with estimates");
  await visit(`?bundle=bundles/screened/#/concept/${concept}`, async (page) => {
    await page.locator("#provenance").waitFor();
    const marked = (rows) => rows.evaluateAll((all) => all.map((row) => [row.querySelector(".glink").innerText, row.querySelector('[data-testid="estimate"]') !== null]));
    const said = new RegExp(`^Screened: ${screened.leading + screened.sampled} genes were swapped, the scores of the other ${screened.rest} \\(≈\\) are estimates`);
    let seen = 0;
    for (const side of ["presence", "absence"]) {
      const rows = page.getByTestId(side).locator("tbody tr");
      if (detail.reading[side].genes.length === 0) continue;
      await rows.first().waitFor();
      for (const [gene, mark] of await marked(rows)) {
        assert.equal(mark, estimates.has(gene), `${gene} on the side of ${side}`);
        seen += mark;
      }
    }
    assert.equal(seen, estimates.size);
    assert.match(await page.locator("#genes").getByTestId("screened").first().innerText(), said);
    // as in the paper, folded
    await page.locator("#genes details.paper summary").first().click();
    const paper = page.locator("#genes details.paper");
    const listed = await marked(paper.locator("table.attr tbody tr"));
    assert.equal(listed.filter(([, mark]) => mark).length, estimates.size);
    for (const [gene, mark] of listed) assert.equal(mark, estimates.has(gene), `${gene} as in the paper`);
    assert.match(await paper.getByTestId("screened").innerText(), said);
    // the card of a gene says how it was scored
    const some = [...estimates][0];
    await page.getByTestId("presence").getByRole("button", { name: some, exact: true }).click();
    await page.locator(".genecard").filter({ hasText: "estimated by the gradient" }).first().waitFor();
  });
});

test("the file of all genes says which scores are estimates", async () => {
  const { swapped_genes: swapped } = detail.attribution;
  const symbols = json(bundle, "genes/index.json").symbols;
  await visit(`?bundle=bundles/screened/#/concept/${concept}`, async (page) => {
    await page.locator("#genes").getByRole("button", { name: "Save the figure" }).first().click();
    const rows = csv(await saveFrom(page, page.locator("#genes .figmenu").getByRole("button", { name: "CSV" }), work, "genes.csv"));
    assert.equal(rows.length, symbols.length);
    for (const row of rows) {
      const estimated = Number(row.scores) !== 0 && !swapped.includes(symbols.indexOf(row.gene));
      assert.equal(row.estimated, String(estimated), row.gene);
    }
    assert.ok(rows.some((row) => row.estimated === "true"));
  });
});

// Genes swapped by clicking, and what Recompute can be told: the bundle's own curves and sets are what it is held against.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { narrow, needed, openBrowser, saveFrom, visitor } from "./lib/browser.mjs";
import { staticServer } from "./lib/servers.mjs";
import { csv, json, stem } from "./lib/tensors.mjs";

const bundle = needed("CELLPRISM_BUNDLE");
const index = json(bundle, "concepts/index.json");
const symbols = json(bundle, "genes/index.json").symbols;
const own = index.rows.filter((row) => row.cells > 20 && row.title).sort((a, b) => b.cells - a.cells)[0];
const detail = json(bundle, `concepts/${stem(own.id)}.json`);
const paper = detail.attribution.genes.slice(0, 4).map((gene) => gene.symbol);
const curve = detail.deletion.curves.find((one) => one.order === "attribution").mean;

let browser;
let server;
let work;

before(async () => {
  work = mkdtempSync(join(tmpdir(), "cellprism-swap-"));
  browser = await openBrowser();
  server = await staticServer(needed("CELLPRISM_SITE"));
});

after(async () => {
  await browser?.close();
  await server?.close();
  rmSync(work, { recursive: true });
});

const visit = visitor(() => ({ browser, server }));
const concept = (query = "") => `#/concept/${own.id}${query}`;
const panel = (page) => page.locator(".swap");

async function swapped(page, n) {
  await panel(page).locator("tbody tr").nth(n - 1).waitFor();
  const file = await saveFrom(page, panel(page).getByRole("button", { name: "CSV" }), work, "left.csv");
  return csv(file);
}

test("genes that are clicked are swapped one after another, as the bundle's deletion curve says", async () => {
  await visit(concept(), async (page) => {
    await panel(page).scrollIntoViewIfNeeded();
    assert.match(await page.getByTestId("left").innerText(), /^Click a gene/);
    for (const gene of paper) {
      const chip = panel(page).getByRole("button", { name: gene, exact: true });
      if (await chip.count()) await chip.click();
      else {
        await panel(page).getByLabel("Another gene").fill(gene.toLowerCase());
        await page.keyboard.press("Enter");
      }
    }
    const rows = await swapped(page, paper.length);
    assert.deepEqual(rows.map((row) => row.gene), paper);
    rows.forEach((row, i) => assert.ok(Math.abs(Number(row.share_left) - curve[i + 1]) < 1e-4, `${row.gene}: ${row.share_left} and ${curve[i + 1]}`));
    assert.ok(page.url().endsWith(`?swapped=${encodeURIComponent(paper.join(","))}`), page.url());
    // one gene back: the others stay in their order
    await panel(page).getByRole("button", { name: new RegExp(`^1 ${paper[0]}$`) }).click();
    await page.waitForFunction((n) => document.querySelectorAll(".swap tbody tr").length === n, paper.length - 1);
    assert.equal(await panel(page).locator("tbody tr").first().getAttribute("data-gene"), paper[1]);
    await panel(page).getByRole("button", { name: "Put all back" }).click();
    await page.getByTestId("left").filter({ hasText: "Click a gene" }).waitFor();
    assert.ok(!page.url().includes("swapped"));
    // what the model does not have is said
    await panel(page).getByLabel("Another gene").fill("NOT-A-GENE");
    await page.keyboard.press("Enter");
    await panel(page).getByRole("alert").filter({ hasText: `NOT-A-GENE is not among this model’s ${symbols.length} genes` }).waitFor();
  });
});

test("an address has its genes, and nothing is fetched for them before they are looked at", async () => {
  const asked = [];
  const prepare = (page) => page.on("request", (request) => asked.push(request.url()));
  await visit(concept(`?swapped=${paper.slice(0, 2).join(",")},NOT-A-GENE`), async (page) => {
    await page.locator("#provenance").waitFor();
    await page.waitForLoadState("networkidle");
    assert.ok(!asked.some((url) => /samples|worker|encoder/.test(url)));
    await panel(page).scrollIntoViewIfNeeded();
    const rows = await swapped(page, 2);
    assert.ok(Math.abs(Number(rows[1].share_left) - curve[2]) < 1e-4);
    assert.match(await page.getByTestId("left-said").innerText(), /^\d.* of the activation is left with 2 genes swapped: .* The first 2 genes in the paper’s order would leave .*, as many random ones /);
  }, { viewport: narrow, prepare });
});

test("many clicks in a row end with the last one's answer", async () => {
  await visit(concept(), async (page) => {
    await panel(page).scrollIntoViewIfNeeded();
    const chips = panel(page).getByRole("group", { name: "What its cells have" }).locator(".chip");
    const n = Math.min(8, await chips.count());
    const names = (await chips.allInnerTexts()).slice(0, n);
    await chips.evaluateAll((all, n) => all.slice(0, n).forEach((chip) => chip.click()), n);
    const rows = await swapped(page, n);
    assert.deepEqual(rows.map((row) => row.gene), names);
  });
});

test("the numbers of counterfactuals are one click away, and the address keeps what differs", async () => {
  await visit(concept(), async (page) => {
    const strip = page.getByRole("group", { name: "Recompute with so many counterfactuals" });
    await strip.getByRole("button", { name: "5", exact: true }).click();
    await page.getByTestId("recomputed").filter({ hasText: "Different from the published numbers" }).waitFor({ timeout: 60_000 });
    assert.match(page.url(), /\?nc=5$/);
    assert.ok(await strip.getByRole("button", { name: "10" }).isDisabled(), "the bundle holds fewer");
    await page.reload();
    const field = page.getByLabel("Counterfactuals per prototype");
    await field.waitFor();
    assert.equal(await field.inputValue(), "5");
    await strip.getByRole("button", { name: "3", exact: true }).click();
    await page.getByTestId("recomputed").filter({ hasText: "The same" }).waitFor({ timeout: 60_000 });
    assert.ok(!page.url().includes("nc="));
  });
});

test("gene sets of one's own are tested as the published ones are", async () => {
  const library = detail.enrichment[0];
  const sets = json(bundle, `gene_sets/${library.library}.json`).sets;
  const gmt = join(work, "mine.gmt");
  writeFileSync(gmt, sets.map(([term, genes]) => [term, "x", ...genes.map((gene) => symbols[gene])].join("\t")).join("\n"));
  await visit(concept(), async (page) => {
    await page.getByTestId("recompute-sets").selectOption("own");
    await page.getByTestId("recompute").click();
    await page.locator("#recompute").getByRole("alert").filter({ hasText: "choose the GMT file" }).waitFor();
    await page.getByTestId("own-sets-file").setInputFiles(gmt);
    await page.getByTestId("own-sets-read").filter({ hasText: "mine.gmt" }).waitFor();
    await page.getByTestId("recompute").click();
    await page.getByTestId("recomputed").filter({ hasText: "these gene sets are yours" }).waitFor({ timeout: 60_000 });
    const row = page.getByTestId("recomputed-sets").locator("tbody tr").first();
    const best = library.sets[0];
    assert.equal(await row.getAttribute("data-term"), best.term);
    assert.equal((await row.locator("td").nth(2).innerText()).replace("−", "-"), best.nes.toFixed(3));
    for (const [content, said] of [["no sets here", "line 1 of the gene sets"], ["A\tx\tNOT-A-GENE\n", "none of its sets has a gene of this model"]]) {
      writeFileSync(join(work, "other.gmt"), content);
      await page.getByTestId("own-sets-file").setInputFiles([]);
      await page.getByTestId("own-sets-file").setInputFiles(join(work, "other.gmt"));
      await page.getByTestId("own-sets-read").filter({ hasText: "other.gmt" }).waitFor();
      await page.getByTestId("recompute").click();
      await page.locator("#recompute").getByRole("alert").filter({ hasText: `other.gmt: ${said}` }).waitFor({ timeout: 60_000 });
    }
  });
});

test("another top-k is said, and is no published number", async () => {
  await visit(concept(), async (page) => {
    await page.getByLabel("Concepts a cell (top-k)").fill("1");
    await page.getByTestId("recompute").click();
    await page.getByTestId("answer").filter({ hasText: "top-k 1" }).waitFor({ timeout: 60_000 });
    assert.match(page.url(), /\?k=1$/);
    assert.match(await page.getByTestId("recomputed").innerText(), /Different from the published numbers|The same/);
  });
});

// What holds on every page: focus, Back, search by everything that has a name, figures as files.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { narrow, needed, openBrowser, saveFrom, visitor } from "./lib/browser.mjs";
import { staticServer } from "./lib/servers.mjs";
import { csv, json, stem } from "./lib/tensors.mjs";

const bundle = needed("CELLPRISM_BUNDLE");
const index = json(bundle, "concepts/index.json");
const genes = json(bundle, "genes/index.json");
const manifest = json(bundle, "manifest.json");
const most = index.rows.filter((row) => row.cells > 0).sort((a, b) => b.cells - a.cells)[0];
const library = Object.keys(manifest.files).find((file) => file.startsWith("gene_sets/"));
const sets = json(bundle, library).sets;

let browser;
let server;
let downloads;

before(async () => {
  browser = await openBrowser();
  server = await staticServer(needed("CELLPRISM_SITE"));
  downloads = mkdtempSync(join(tmpdir(), "cellprism-around-"));
});

after(async () => {
  await browser?.close();
  await server?.close();
  rmSync(downloads, { recursive: true });
});

const visit = visitor(() => ({ browser, server }));

const download = (page, button) => saveFrom(page, button, downloads);

test("a new page has the focus on its heading, Back on the link that was followed, where it was", async () => {
  await visit("#/concepts", async (page) => {
    await page.setViewportSize({ width: 1440, height: 500 });
    await page.getByRole("button", { name: /^Show \d+ more/ }).click();
    await page.waitForURL(/rows=/);
    const link = page.locator(".clist .idl").nth(45);
    await link.scrollIntoViewIfNeeded();
    const href = await link.getAttribute("href");
    const top = await page.evaluate(() => scrollY);
    assert.ok(top > 300);
    await link.focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.tagName === "H1");
    assert.equal(await page.evaluate(() => scrollY), 0);
    await page.goBack();
    await page.waitForFunction((href) => document.activeElement?.getAttribute("href") === href, href);
    assert.ok(Math.abs((await page.evaluate(() => scrollY)) - top) < 80);
    assert.ok((await page.locator(".clist tbody tr").count()) > 40);
  });
});

test("the box suggests by kind, and the keyboard chooses", async () => {
  await visit("", async (page) => {
    const box = page.getByRole("combobox", { name: /Find a concept/ });
    const symbol = genes.symbols[0];
    await box.fill(symbol.toLowerCase());
    await page.getByRole("group", { name: "Genes" }).getByRole("option").first().waitFor();
    assert.equal(await box.getAttribute("aria-expanded"), "true");
    await box.press("ArrowDown");
    const active = await box.getAttribute("aria-activedescendant");
    assert.equal(await page.locator(`#${active}`).getAttribute("aria-selected"), "true");
    await box.press("Escape");
    assert.equal(await box.getAttribute("aria-expanded"), "false");
    await box.press("Enter");
    await page.waitForURL(new RegExp(`#/gene/${symbol}$`));
  });
});

test("genes are found by identifier and alias, sets that are no winner by a word", async () => {
  await visit("", async (page) => {
    const box = page.getByRole("combobox", { name: /Find a concept/ });
    await box.fill(`${genes.ensembl[3]}.7`);
    await box.press("Enter");
    await page.waitForURL(new RegExp(`#/gene/${genes.symbols[3]}$`));

    const described = json(bundle, "genes/descriptions.00.json");
    const count = new Map();
    for (let file = 0; file < genes.descriptions_files; file += 1) {
      const of = json(bundle, `genes/descriptions.${String(file).padStart(2, "0")}.json`);
      for (const gene of Object.values(of)) for (const alias of gene.aliases ?? []) count.set(alias.toLowerCase(), (count.get(alias.toLowerCase()) ?? 0) + 1);
    }
    const symbols = new Set(genes.symbols.map((symbol) => symbol.toLowerCase()));
    const [owner, alias] = Object.entries(described)
      .flatMap(([symbol, gene]) => (gene.aliases ?? []).map((alias) => [symbol, alias]))
      .find(([, alias]) => /^[A-Z0-9]{4,}$/.test(alias) && count.get(alias.toLowerCase()) === 1 && !symbols.has(alias.toLowerCase()));
    await page.goto(`${server.url}#/gene/${alias.toLowerCase()}`);
    await page.locator("h1", { hasText: new RegExp(`^${owner}$`) }).waitFor();

    const winners = new Set(index.rows.flatMap((row) => [row.labels?.presence?.term, row.labels?.absence?.term, row.pathway?.term]));
    const [term, members] = sets.find(([term, members]) => !winners.has(term) && members.length > 4 && /^[A-Za-z ]+ \(GO/.test(term));
    await page.goto(`${server.url}#/search?q=${encodeURIComponent(term.replace(/ \(.*/, ""))}`);
    await page.locator('#found-pathway a[href^="#/pathway/"]').first().click();
    await page.getByTestId("members").waitFor();
    const shown = await page.getByTestId("members").locator("a").allInnerTexts();
    assert.deepEqual(shown, members.map((gene) => genes.symbols[gene]));
  });
});

test("what nothing is called is said, on every page that searches", async () => {
  await visit("#/search?q=zzzzqqq", async (page) => {
    await page.getByTestId("found").filter({ hasText: "Nothing in this bundle is called “zzzzqqq”" }).waitFor();
    await page.goto(`${server.url}#/genes?q=zzzzqqq`);
    await page.locator("main").filter({ hasText: "None of these genes has “zzzzqqq”" }).waitFor();
    await page.goto(`${server.url}#/gene/zzzzqqq`);
    await page.locator("h1", { hasText: `zzzzqqq is not among this model’s ${genes.symbols.length.toLocaleString("en")} genes` }).waitFor();
  });
});

test("every concept with a set is found where all are asked", async () => {
  const described = index.rows.filter((row) => row.cells > 0 && !row.not_described);
  const term = described.map((row) => row.labels?.presence?.term).find(Boolean);
  const holders = described.filter((row) => {
    const reading = json(bundle, `concepts/${stem(row.id)}.json`).reading;
    return ["presence", "absence"].some((side) => reading?.[side]?.enrichment?.sets?.some((set) => set.term === term));
  });
  const name = library.replace(/^gene_sets\/|\.json$/g, "");
  await visit(`#/pathway/${encodeURIComponent(name)}/${encodeURIComponent(term)}`, async (page) => {
    await page.getByTestId("ask-every").click();
    await page.getByTestId("in-every").waitFor({ timeout: 60_000 });
    const ids = await page.getByTestId("in-every").locator(".idl").allInnerTexts();
    assert.deepEqual(new Set(ids), new Set(holders.map((row) => `C${row.id}`)));
  });
});

test("a figure is saved as table, SVG and PNG", async () => {
  await visit(`#/concept/${most.id}`, async (page) => {
    const save = page.locator("#cells").getByRole("button", { name: "Save the figure: Activation of" });
    const histogram = json(bundle, `concepts/${stem(most.id)}.json`).histogram;
    await save.click();
    const rows = csv(await download(page, page.getByRole("button", { name: "CSV", exact: true }).and(page.locator(".figmenu *"))));
    assert.deepEqual(rows.map((row) => Number(row.cells)), histogram);
    await save.click();
    const svg = readFileSync(await download(page, page.locator(".figmenu").getByRole("button", { name: "SVG" })), "utf8");
    assert.match(svg, /<svg[^>]* xmlns=/);
    assert.equal((svg.match(/fill="#5A3CC2"/g) ?? []).length, histogram.filter((n) => n > 0).length);
    await save.click();
    const png = readFileSync(await download(page, page.locator(".figmenu").getByRole("button", { name: "PNG" })));
    assert.equal(png.subarray(1, 4).toString(), "PNG");
    assert.ok(png.readUInt32BE(16) > 2000, "wide enough for print");
    await save.click();
    await page.locator(".figmenu").getByRole("button", { name: "Table" }).click();
    const dialog = page.getByRole("dialog");
    assert.equal(await dialog.locator("tbody tr").count(), histogram.length);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });
});

test("search and its pages fit a telephone", async () => {
  await visit(
    "#/search?q=regulation",
    async (page) => {
      await page.locator("#found-pathway a").first().waitFor();
      for (const width of [narrow.width, 320]) {
        await page.setViewportSize({ width, height: 800 });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${wide} pixels at ${width}`);
      }
    },
    { viewport: narrow },
  );
});

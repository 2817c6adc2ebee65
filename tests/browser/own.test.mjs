// What a reader makes of a bundle: labels with their history, held beside those of others; a gene in every concept; citations.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { narrow, needed, openBrowser, openPage, saveFrom, visitor } from "./lib/browser.mjs";
import { staticServer } from "./lib/servers.mjs";
import { csv, json, stem, tensor } from "./lib/tensors.mjs";

const bundle = needed("CELLPRISM_BUNDLE");
const manifest = json(bundle, "manifest.json");
const index = json(bundle, "concepts/index.json");
const genes = json(bundle, "genes/index.json");
const alive = index.rows.filter((row) => row.cells > 0).sort((a, b) => b.cells - a.cells);
let browser;
let server;
let work;

before(async () => {
  work = mkdtempSync(join(tmpdir(), "cellprism-own-"));
  browser = await openBrowser();
  server = await staticServer(needed("CELLPRISM_SITE"));
});

after(async () => {
  await browser?.close();
  await server?.close();
  rmSync(work, { recursive: true });
});

const visit = visitor(() => ({ browser, server }));

const saved = (page, button) => saveFrom(page, button, work);

async function label(page, id, text) {
  await page.goto(`${server.url}#/concept/${id}`);
  const field = page.getByLabel(`Your label for C${id}`);
  await field.fill(text);
  await field.press("Enter");
  await page.getByRole("status").filter({ hasText: "Kept in this browser" }).waitFor();
}

test("a label is seen at once, keeps what it was, and is compared and merged with another's", async () => {
  const [one, two, three] = alive.map((row) => row.id);
  await visit("", async (page) => {
    await label(page, one, "B cells");
    await page.locator(".four").filter({ hasText: "B cells" }).waitFor();
    assert.doesNotMatch(await page.locator(".four").innerText(), /Not labelled yet/);
    await label(page, one, "plasma cells");
    await label(page, two, "NK cells");
    await page.goto(`${server.url}#/labels`);
    const row = page.getByTestId("labels").locator("tr", { hasText: `C${one}` }).first();
    assert.match(await row.innerText(), /plasma cells[\s\S]*1 before/);
    await row.locator("summary").click();
    await row.locator("li", { hasText: "B cells" }).waitFor();

    const mine = JSON.parse(readFileSync(await saved(page, page.getByRole("button", { name: "JSON", exact: true })), "utf8"));
    assert.equal(mine.tag, manifest.tag);
    assert.deepEqual(mine.labels.map((note) => [note.concept, note.label, (note.before ?? []).map((b) => b.label)]).sort((a, b) => a[0] - b[0]),
      [[one, "plasma cells", ["B cells"]], [two, "NK cells", []]].sort((a, b) => a[0] - b[0]));

    const theirs = join(work, "theirs.json");
    writeFileSync(theirs, JSON.stringify({ tag: manifest.tag, by: "Bea", labels: [{ concept: one, label: "Plasma  cells" }, { concept: two, label: "T cells" }, { concept: three, label: "platelets" }] }));
    const foreign = join(work, "foreign.json");
    writeFileSync(foreign, JSON.stringify({ tag: "another", labels: [] }));
    await page.getByTestId("import").setInputFiles(foreign);
    await page.getByRole("alert").filter({ hasText: "labels another bundle" }).waitFor();
    await page.getByTestId("import").setInputFiles(theirs);
    const told = page.getByTestId("agreement");
    await told.filter({ hasText: "Bea: of 2 concepts that you both labelled, 1 have the same words. 0 only you labelled, 1 only they." }).waitFor();
    await told.getByRole("button", { name: "Take those that I have not labelled" }).click();
    await told.filter({ hasText: "of 3 concepts that you both labelled, 2 have" }).waitFor();
    await page.reload();
    assert.match(await page.getByTestId("labels").locator("tr", { hasText: `C${three}` }).first().innerText(), /platelets/);
  });
});

test("a gene's score in every concept is the tensors', its sets are the libraries'", async () => {
  const described = alive.filter((row) => !row.not_described);
  const symbol = described.flatMap((row) => row.title_parts.has)[0];
  const place = genes.symbols.indexOf(symbol);
  await visit(`#/gene/${symbol}`, async (page) => {
    const library = Object.keys(manifest.files).find((file) => file.startsWith("gene_sets/"));
    const holds = json(bundle, library).sets.filter(([, set]) => set.includes(place));
    await page.locator("#sets").locator("a, .notice").first().waitFor();
    assert.equal(await page.getByTestId("sets-of").locator("a").count(), Math.min(40, holds.length));
    await page.getByTestId("every-score").click();
    await page.getByTestId("scores-of").waitFor({ timeout: 60_000 });
    const rows = csv(await saved(page, page.locator("#every").getByRole("button", { name: "CSV" })));
    assert.equal(rows.length, described.length);
    for (const row of rows.slice(0, 12)) {
      const file = join(bundle, `concepts/${stem(row.concept)}.safetensors`);
      assert.equal(Math.fround(row.scores_presence), tensor(file, "scores_presence")[place]);
      assert.equal(Number(row.carried_by_presence), tensor(file, "carried_by_presence")[place]);
      assert.equal(Math.fround(row.scores), tensor(file, "scores")[place]);
    }
  });
});

test("the bundle is cited by its tag, and Copy link says what it did", async () => {
  await visit("#/about", async (page) => {
    const entries = await page.getByTestId("bibtex").innerText();
    assert.match(entries, new RegExp(`@misc\\{[\\w-]+-${manifest.tag},`));
    assert.ok(entries.includes(manifest.title.replaceAll("&", "\\&")) && entries.includes(server.url));
    await page.getByRole("button", { name: "Copy BibTeX" }).click();
    await page.getByRole("status").filter({ hasText: "Copied" }).waitFor();
    assert.equal((await page.evaluate(() => navigator.clipboard.readText())).trim(), entries.trim());
    await page.goto(`${server.url}#/concept/${alive[0].id}`);
    await page.getByRole("button", { name: "Copy link" }).click();
    await page.getByRole("status").filter({ hasText: "Copied" }).waitFor();
  }, { permissions: ["clipboard-read", "clipboard-write"] });
});

test("a slash goes to the box, and within a field it is a slash", async () => {
  await visit("#/concepts", async (page) => {
    await page.keyboard.press("/");
    await page.waitForFunction(() => document.activeElement?.id === "find");
    assert.equal(await page.locator("#find").inputValue(), "");
    await page.locator("#q").focus();
    await page.keyboard.type("a/b");
    assert.equal(await page.locator("#q").inputValue(), "a/b");
  });
});

test("paper is light and keeps bars, from a dark page too", async () => {
  await visit(`#/concept/${alive[0].id}`, async (page) => {
    await page.getByTestId("presence").waitFor();
    await page.getByRole("button", { name: "Switch between light and dark" }).click();
    await page.emulateMedia({ media: "print" });
    const seen = await page.evaluate(() => {
      const of = (selector, name) => getComputedStyle(document.querySelector(selector))[name];
      return { ink: of("h1", "color"), bars: of(".stackbar i", "printColorAdjust"), steer: document.querySelector("#steer")?.offsetHeight ?? 0 };
    });
    assert.deepEqual(seen, { ink: "rgb(27, 27, 32)", bars: "exact", steer: 0 });
  });
});

test("nothing jumps while a concept arrives", async () => {
  const { page, close } = await openPage(browser, server.origin);
  await page.addInitScript(() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(`${server.url}#/concept/${alive[0].id}`);
  await page.getByTestId("presence").waitFor();
  await page.waitForTimeout(600);
  const shifted = await page.evaluate(() => window.shifted);
  await close();
  assert.ok(shifted < 0.05, `layout shift ${shifted}`);
});

test("labels and a gene's page fit a telephone", async () => {
  await visit("#/labels", async (page) => {
    for (const hash of ["#/labels", `#/gene/${genes.symbols[0]}`, "#/about"]) {
      await page.goto(`${server.url}${hash}`);
      await page.waitForTimeout(500);
      for (const width of [narrow.width, 320]) {
        await page.setViewportSize({ width, height: 800 });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${hash}: ${wide} pixels at ${width}`);
      }
    }
  }, { viewport: narrow });
});

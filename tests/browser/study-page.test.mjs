// A blinded study within the explorer: rated by keyboard alone, saved, and scored as the command line scores it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { narrow, needed, openBrowser, saveFrom, visitPage } from "./lib/browser.mjs";
import { staticServer } from "./lib/servers.mjs";

const program = needed("CELLPRISM_BINARY");
let browser;
let server;
let work;
let rating;
let items;

before(async () => {
  work = mkdtempSync(join(tmpdir(), "cellprism-study-page-"));
  rating = join(work, "rating");
  execFileSync(program, ["study", "new", needed("CELLPRISM_BUNDLE"), "--out", rating, "--concepts", "3", "--neurons", "3", "--repeat", "1", "--seed", "4", "-q"], { stdio: "pipe" });
  items = JSON.parse(readFileSync(join(rating, "study/study.json"), "utf8")).items;
  browser = await openBrowser();
  server = await staticServer(needed("CELLPRISM_SITE"));
});

after(async () => {
  await browser?.close();
  await server?.close();
  rmSync(work, { recursive: true });
});

async function ready(page) {
  await page.locator("h1", { hasText: "Study" }).waitFor();
  await page.getByTestId("study-folder").setInputFiles(join(rating, "study"));
  await page.getByTestId("study-there").filter({ hasText: `${items.length} items.` }).waitFor();
}

const visit = (look, viewport) => visitPage(browser, server, "#/study", ready, look, viewport);

const saved = (page, button, name) => saveFrom(page, button, work, name);

test("every item is rated by keyboard alone, and scored as study score does", async () => {
  await visit(async (page) => {
    await page.getByTestId("rater").focus();
    await page.keyboard.type("Ann");
    await page.keyboard.press("Enter");
    for (const [i] of items.entries()) {
      await page.locator("h1", { hasText: `Item ${i + 1} of ${items.length}` }).waitFor();
      await page.waitForFunction(() => document.activeElement?.id === "item-title");
      const sheet = JSON.parse(readFileSync(join(rating, `study/items/${items[i].item}.json`), "utf8"));
      const shown = await page.getByTestId("sheet").locator("tbody th").allInnerTexts();
      assert.deepEqual(shown, sheet.genes.map((gene) => gene.gene));
      if (i === 0) {
        // there and back by the buttons
        assert.ok(await page.getByRole("button", { name: "Previous", exact: true }).isDisabled());
        await page.getByRole("button", { name: "Next", exact: true }).click();
        await page.locator("h1", { hasText: `Item 2 of ${items.length}` }).waitFor();
        await page.getByRole("button", { name: "Previous", exact: true }).click();
        await page.locator("h1", { hasText: `Item 1 of ${items.length}` }).waitFor();
        await page.keyboard.press("Control+Enter");
        await page.waitForFunction(() => document.activeElement?.name === "cell_type");
      }
      if (i % 2 === 0) {
        await page.keyboard.press("2");
        await page.waitForFunction(() => document.activeElement?.id === "which-cell_type");
        await page.keyboard.type("B cells");
        await page.keyboard.press("Escape");
      } else {
        await page.keyboard.press("1");
      }
      await page.keyboard.press("3");
      await page.keyboard.press("6");
      await page.waitForFunction(() => document.activeElement?.id === "which-process");
      await page.keyboard.type("translation, perhaps");
      assert.match(await page.getByTestId("missing").innerText(), /^To save: say how sure you are$/);
      await page.keyboard.press("Escape");
      await page.keyboard.press("Shift+Digit4");
      await page.keyboard.press("Control+Enter");
    }
    await page.locator("h1", { hasText: "Study" }).waitFor();
    await page.getByRole("status").filter({ hasText: `All ${items.length} items are saved` }).waitFor();
    const answers = await saved(page, page.getByRole("button", { name: "Save answers (JSON)" }), "ann.json");
    const told = JSON.parse(readFileSync(answers, "utf8"));
    assert.deepEqual(told.answers.map((answer) => answer.item), items.map(({ item }) => item));
    assert.ok(told.answers.every((answer) => answer.confidence === 4 && answer.seconds > 0 && answer.at));

    // the key, and another rater who says no to everything
    const other = join(work, "bob.json");
    const no = { answer: "no", which: "" };
    writeFileSync(other, JSON.stringify({ study: told.study, rater: "Bob", answers: items.map(({ item }) => ({ item, cell_type: no, tissue: no, process: { answer: "no", text: "" }, confidence: 2 })) }));
    await page.getByTestId("study-files").setInputFiles([join(rating, "key.json"), other]);
    await page.getByTestId("scored").filter({ hasText: "Answers of Ann and Bob." }).waitFor();
    execFileSync(program, ["study", "score", "--study", join(rating, "study"), "--key", join(rating, "key.json"), "--answers", answers, other, "--out", join(work, "figures"), "-q"], { stdio: "pipe" });
    for (const name of ["ratings.csv", "agreement.csv", "contrast.csv", "annotations.cas.json"]) {
      const mine = readFileSync(await saved(page, page.getByRole("button", { name, exact: true }), name), "utf8");
      assert.equal(mine, readFileSync(join(work, "figures", name), "utf8"), name);
    }

    // what was answered is there again
    await page.reload();
    await page.getByTestId("study-folder").setInputFiles(join(rating, "study"));
    await page.getByTestId("rater").fill("Ann");
    await page.getByRole("button", { name: "Look through" }).waitFor();
  });
});

test("a study drawn from the bundle is the one that study new draws, its key included", async () => {
  const arrived = (page) => page.getByRole("form", { name: "A study of this bundle" }).waitFor();
  await visitPage(browser, server, "#/study", arrived, async (page) => {
    const form = page.getByRole("form", { name: "A study of this bundle" });
    for (const [field, value] of [["Concepts", "3"], ["Neurons", "3"], ["Shown twice", "9"], ["Seed", "4"]]) await form.getByLabel(field).fill(value);
    await form.getByRole("button", { name: "Draw the items" }).click();
    await page.getByTestId("drawn-study").filter({ hasText: "9 is more than the 6 items" }).waitFor();
    await form.getByLabel("Shown twice").fill("1");
    await form.getByRole("button", { name: "Draw the items" }).click();
    await page.getByTestId("drawn-study").filter({ hasText: "Drawn." }).waitFor({ timeout: 60_000 });
    const key = await saved(page, form.getByRole("button", { name: "Save the key" }), "drawn-key.json");
    assert.deepEqual(JSON.parse(readFileSync(key)), JSON.parse(readFileSync(join(rating, "key.json"))));
    await page.getByTestId("rater").fill("Cem");
    await page.getByTestId("rater").press("Enter");
    for (const [i, { item }] of items.entries()) {
      await page.locator("h1", { hasText: `Item ${i + 1} of ${items.length}` }).waitFor();
      const sheet = JSON.parse(readFileSync(join(rating, `study/items/${item}.json`), "utf8"));
      assert.deepEqual(await page.getByTestId("sheet").locator("tbody th").allInnerTexts(), sheet.genes.map((gene) => gene.gene));
      await page.keyboard.press("]");
    }
  });
});

test("a key of another study, and a file of none, are named", async () => {
  await visit(async (page) => {
    const key = JSON.parse(readFileSync(join(rating, "key.json"), "utf8"));
    writeFileSync(join(work, "other-key.json"), JSON.stringify({ ...key, study: "another" }));
    writeFileSync(join(work, "answers.json"), JSON.stringify({ study: "x", rater: "Eve", answers: [] }));
    await page.getByTestId("study-files").setInputFiles([join(work, "other-key.json"), join(work, "answers.json")]);
    await page.getByRole("alert").filter({ hasText: 'the key is that of study "another"' }).waitFor();
    writeFileSync(join(work, "list.json"), "[1, 2]");
    await page.getByTestId("study-files").setInputFiles([join(work, "list.json")]);
    await page.getByRole("alert").filter({ hasText: "list.json is no file of a study" }).waitFor();
  });
});

test("an item fits a telephone", async () => {
  await visit(async (page) => {
    await page.getByTestId("rater").fill("Cy");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByTestId("sheet").waitFor();
    for (const width of [narrow.width, 320]) {
      await page.setViewportSize({ width, height: 800 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${wide} pixels at ${width}`);
    }
  }, narrow);
});

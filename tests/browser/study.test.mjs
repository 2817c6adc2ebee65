// A blinded study by keyboard alone: every item rated, answers exported, read by the program. Under a policy without
// inline scripts, and on a phone.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { after, before, test } from "node:test";
import { narrow, needed, openBrowser, openPage, screenshot } from "./lib/browser.mjs";

const binary = needed("CELLPRISM_BINARY");
const work = mkdtempSync(join(tmpdir(), "cellprism-study-"));
const program = (...args) => execFileSync(binary, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const types = { ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml" };

let browser;
let server;
let origin;
let items;
let key;

before(async () => {
  program("study", "new", needed("CELLPRISM_BUNDLE"), "--out", join(work, "rating"), "--concepts", "4", "--neurons", "4", "--repeat", "2", "--seed", "3");
  program("study", "form", join(work, "rating/study"), "--out", join(work, "form"));
  items = JSON.parse(readFileSync(join(work, "rating/study/study.json"))).items.map(({ item }) => item);
  key = JSON.parse(readFileSync(join(work, "rating/key.json")));
  // as strict as a host may be
  const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'";
  server = createServer((request, response) => {
    const name = new URL(request.url, "http://localhost").pathname.slice(1) || "index.html";
    if (!readdirSync(join(work, "form")).includes(name)) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": types[extname(name)], "Content-Security-Policy": policy });
    response.end(readFileSync(join(work, "form", name)));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  origin = `http://127.0.0.1:${server.address().port}`;
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await new Promise((closed) => server?.close(closed));
  rmSync(work, { recursive: true });
});

async function visit(use, viewport, options) {
  const { page, problems, close } = await openPage(browser, origin, viewport, options);
  try {
    await page.goto(`${origin}/`);
    await use(page);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
}

const title = (page, i) => page.getByRole("heading", { name: `Item ${i + 1} of ${items.length}`, exact: true }).waitFor();

async function begin(page, rater) {
  await page.locator("#rater").focus();
  await page.keyboard.type(rater);
  await page.keyboard.press("Enter");
  await title(page, 0);
}

// Yes with words to the first, no to the rest; digits typed into a field stay words.
async function rate(page, i, sure) {
  await title(page, i);
  for (const digit of i === 0 ? ["2"] : ["1"]) await page.keyboard.press(digit);
  if (i === 0) {
    await page.keyboard.type("B cells, 7 of them");
    await page.keyboard.press("Escape");
  }
  await page.keyboard.press("3");
  await page.keyboard.press("6");
  await page.keyboard.type("antigen presentation");
  await page.keyboard.press("Escape");
  await page.keyboard.press(`Shift+Digit${sure}`);
  await page.keyboard.press("Control+Enter");
}

test("all items are rated by keyboard, and the program reads what is exported", async () => {
  await visit(async (page) => {
    await begin(page, "Ann O’Brien");
    await title(page, 0);
    await page.keyboard.press("Control+Enter");
    assert.match(await page.locator("#missing").innerText(), /answer question 1, answer question 2, answer question 3, say how sure/);
    await page.keyboard.press("2");
    assert.match(await page.locator("#missing").innerText(), /^To save: name the cell type/);
    await page.keyboard.press("Escape");
    // a draft outlives the page
    await page.reload();
    await title(page, 0);
    assert.equal(await page.locator("input[name=cell_type][value=yes]").isChecked(), true);
    for (let i = 0; i < items.length; i += 1) await rate(page, i, 1 + (i % 5));
    await page.locator("#kept").filter({ hasText: `${items.length} of ${items.length} saved` }).waitFor();
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#export").press("Enter")]);
    const file = join(work, "ann.json");
    await download.saveAs(file);
    const { rater, study, answers } = JSON.parse(readFileSync(file));
    assert.equal(rater, "Ann O’Brien");
    assert.equal(study, key.study);
    assert.deepEqual(answers.map(({ item }) => item), items);
    assert.deepEqual(answers[0].cell_type, { answer: "yes", which: "B cells, 7 of them" });
    assert.deepEqual(answers[1].cell_type, { answer: "no", which: "" });
    assert.deepEqual(answers[1].process, { answer: "unclear", text: "antigen presentation" });
    assert.deepEqual(answers.map(({ confidence }) => confidence), items.map((_, i) => 1 + (i % 5)));
    assert.ok(answers.every(({ seconds, at }) => seconds >= 0 && at.endsWith("Z")));

    program("study", "score", "--study", join(work, "rating/study"), "--key", join(work, "rating/key.json"), "--answers", file, "--out", join(work, "figures"));
    const first = items.filter((item) => !key.items[item].repeat_of);
    const ratings = readFileSync(join(work, "figures/ratings.csv"), "utf8").split("\n").map((line) => line.split(","));
    const unclear = ratings.filter(([, question, answer]) => question === "process" && answer === "unclear");
    assert.equal(unclear.reduce((sum, row) => sum + Number(row[3]), 0), first.length);
    const cas = JSON.parse(readFileSync(join(work, "figures/annotations.cas.json")));
    assert.equal(cas.annotations.length, first.length + 1);
  });
});

test("an item shows its own genes, and nothing else of it", async () => {
  await visit(async (page) => {
    await begin(page, "bob");
    for (let i = 0; i < 3; i += 1) {
      await title(page, i);
      const sheet = JSON.parse(readFileSync(join(work, `rating/study/items/${items[i]}.json`)));
      const shown = await page.locator("#genes tbody tr").evaluateAll((rows) =>
        rows.map((row) => ({
          gene: row.querySelector(".gn").innerText,
          mean: Number(row.querySelector(".n").innerText) / 100,
          cells: row.querySelector(".heat .vh").textContent.split(", ").map(Number),
        })),
      );
      assert.equal(shown.length, sheet.genes.length);
      shown.forEach((row, g) => {
        assert.equal(row.gene, sheet.genes[g].gene);
        assert.ok(Math.abs(row.mean - sheet.genes[g].mean) <= 5.1e-4);
        row.cells.forEach((score, c) => assert.ok(Math.abs(score - sheet.genes[g].cells[c]) <= 5.1e-3));
      });
      await page.keyboard.press("]");
    }
    const text = (await page.content()).toLowerCase();
    for (const item of Object.values(key.items)) for (const cell of item.cells.slice(0, 2)) assert.ok(!text.includes(cell.toLowerCase()), cell);
  });
});

test("on a phone nothing is wider than the screen, and a thumb can rate", async () => {
  await visit(
    async (page) => {
      await begin(page, "carla");
      const wide = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok((await wide()) <= 0);
      await page.locator("label", { hasText: "Signal but unclear" }).tap();
      await page.locator("[name=process_text]").fill("a signal");
      for (const name of ["cell_type", "tissue"]) await page.locator(`label:has([name=${name}][value=no])`).tap();
      await page.locator("label:has([name=confidence][value='4'])").tap();
      await page.locator("#save").tap();
      await title(page, 1);
      assert.ok((await wide()) <= 0);
    },
    narrow,
    { hasTouch: true, isMobile: true },
  );
});

test("the form as pictures", async () => {
  for (const [name, viewport] of [["wide", { width: 1440, height: 1100 }], ["narrow", narrow]]) {
    for (const colorScheme of ["light", "dark"]) {
      await visit(
        async (page) => {
          await page.screenshot({ path: screenshot(`study-start-${name}-${colorScheme}`), fullPage: true });
          await begin(page, "dee");
          await page.keyboard.press("2");
          await page.screenshot({ path: screenshot(`study-${name}-${colorScheme}`), fullPage: true });
        },
        viewport,
        { colorScheme },
      );
    }
  }
});

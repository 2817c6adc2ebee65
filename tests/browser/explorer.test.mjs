// What a reader does with a published bundle: from the start page to a concept, its genes and pathways, and back.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { narrow, needed, openBrowser, openPage, visitPage } from "./lib/browser.mjs";
import { programServer, staticServer } from "./lib/servers.mjs";

// The server of the folder lives in this process: it goes on answering while a program runs.
const run = promisify(execFile);

let browser;
let folder;
let program;

before(async () => {
  browser = await openBrowser();
  folder = await staticServer(needed("CELLPRISM_SITE"));
  program = await programServer(needed("CELLPRISM_BINARY"), needed("CELLPRISM_BUNDLE"));
});

after(async () => {
  await browser?.close();
  await folder?.close();
  await program?.close();
});

// A page that must have nothing to complain about when the visitor leaves.
const visit = (server, hash, work, viewport, options) => visitPage(browser, server, hash, (page) => page.locator("h1").first().waitFor(), work, viewport, options);

const heading = (page) => page.locator("h1").first().innerText();

// The first concept that has a pathway label, as the list gives it.
async function labelled(page) {
  await page.goto(`${folder.url}#/concepts?show=label`);
  const link = page.locator('main a[href^="#/concept/"]').first();
  await link.waitFor();
  return link.getAttribute("href");
}

async function recomputed(page) {
  await page.getByTestId("recompute").click();
  const verdict = page.getByTestId("recomputed");
  await verdict.waitFor({ timeout: 120_000 });
  return verdict.innerText();
}

test("from the start page to a concept, a gene's description and back to the concept", async () => {
  await visit(folder, "", async (page) => {
    const start = await heading(page);
    await page.locator('main a[href^="#/concept/"]').first().click();
    await page.waitForFunction((was) => document.querySelector("h1")?.innerText !== was, start);
    const concept = await heading(page);

    await page.getByTestId("presence").locator("tbody tr").first().locator("button").hover();
    const description = page.getByTestId("gene-description");
    await description.filter({ hasText: /\w+ \w+/ }).waitFor();
    assert.doesNotMatch(await description.innerText(), /Loading|could not/);

    await page.locator('#genecard a[href^="#/gene/"]').first().click();
    await page.waitForURL(/#\/gene\//);
    await page.locator('main a[href^="#/concept/"]').first().waitFor();
    await page.goBack();
    await page.waitForFunction((was) => document.querySelector("h1")?.innerText === was, concept);
  });
});

test("the page computes the published ranking and pathways again", async () => {
  await visit(folder, "", async (page) => {
    await page.goto(`${folder.url}${await labelled(page)}`);
    assert.match(await recomputed(page), /^The same: the published numbers, again/);
  });
});

test("another seed moves the pathways only", async () => {
  await visit(folder, "", async (page) => {
    await page.goto(`${folder.url}${await labelled(page)}`);
    const seed = page.getByLabel("Seed");
    await seed.fill("4");
    const said = await recomputed(page);
    assert.match(said, /Different from the published numbers/);
    assert.match(said, /10 of the 10 first genes as in the paper are the same; largest change of a gene score 0/);
    await seed.fill("none");
    await page.getByTestId("recompute").click();
    await page.getByRole("alert").filter({ hasText: "not a whole number" }).waitFor();
  });
});

// Rows of a CSV file by their first field, numbers as numbers.
function table(path) {
  const [, ...rows] = readFileSync(path, "utf8").trim().split(/\r?\n/);
  return new Map(rows.map((row) => row.split(",")).map(([name, ...numbers]) => [name, numbers.map(Number)]));
}

test("a concept doubled in the page changes genes as cellprism steer says", async () => {
  const own = mkdtempSync(join(tmpdir(), "cellprism-steer-"));
  try {
    await visit(folder, "", async (page) => {
      const concept = await labelled(page);
      await page.goto(`${folder.url}${concept}`);
      await page.getByRole("button", { name: "Double" }).click();
      const genes = page.getByTestId("steered-genes").locator("tbody tr");
      await genes.first().waitFor({ timeout: 60_000 });
      assert.equal(await genes.count(), 12);
      const csv = page.locator("#steer").getByRole("button", { name: "CSV" });
      const [download] = await Promise.all([page.waitForEvent("download"), csv.click()]);
      await download.saveAs(join(own, "page.csv"));

      const bundle = needed("CELLPRISM_BUNDLE");
      const fixtures = join(import.meta.dirname, "../fixtures/demo");
      const inputs = ["--model", join(own, "model"), "--sae", join(bundle, "sae"), "--cells", join(fixtures, "cells.h5ad")];
      await run(needed("CELLPRISM_BINARY"), ["import", "scvi", join(fixtures, "scvi"), "--out", join(own, "model")]);
      const number = concept.match(/\d+/)[0];
      await run(needed("CELLPRISM_BINARY"), ["steer", ...inputs, "--concept", number, "--scale", "2", "--out", join(own, "command.csv")]);
      const [here, there] = [table(join(own, "page.csv")), table(join(own, "command.csv"))];
      assert.ok(there.size > 500 && here.size === there.size);
      for (const [gene, expected] of there) {
        const found = here.get(gene);
        expected.forEach((value, i) => assert.ok(Math.abs(found[i] - value) <= 1e-6 * Math.max(1, Math.abs(value)), `${gene}: ${found} and ${expected}`));
      }

      // By keyboard: one step to the left.
      await page.getByTestId("steer").focus();
      await page.keyboard.press("ArrowLeft");
      await page.locator("#steer output").filter({ hasText: "1.75" }).waitFor();
      await genes.first().waitFor();
    });
  } finally {
    rmSync(own, { recursive: true });
  }
});

test("under cellprism serve, with its content security policy, the same", async () => {
  await visit(program, "", async (page) => {
    await page.goto(`${program.url}#/concepts?show=label`);
    await page.locator('main a[href^="#/concept/"]').first().click();
    assert.match(await recomputed(page), /^The same: the published numbers, again/);
  });
});

// Waits for the end of a training and gives its summary.
async function trained(page) {
  const summary = page.getByTestId("summary");
  await summary.waitFor({ timeout: 120_000 });
  return summary.innerText();
}

test("a dictionary trained in the page is, byte for byte, what the command under it trains", async () => {
  const bundle = needed("CELLPRISM_BUNDLE");
  const own = mkdtempSync(join(tmpdir(), "cellprism-train-"));
  try {
    await visit(folder, "#/train", async (page) => {
      await page.getByLabel("Seed").fill("5");
      await page.getByLabel("Epochs").fill("40");
      await page.getByTestId("train").click();
      assert.match(await trained(page), /Each published concept is paired/);
      assert.equal((await page.getByTestId("epoch").innerText()).trim(), "40 of 40");
      assert.ok((await page.getByTestId("new-concepts").locator("tbody tr").count()) > 5);

      const command = (await page.locator("pre.command").innerText()).split(" ").slice(1);
      const path = join(bundle, command[command.indexOf("--embeddings") + 1].split("/").slice(1).join("/"));
      command[command.indexOf("--embeddings") + 1] = path;
      command[command.indexOf("--out") + 1] = join(own, "sae");
      await run(needed("CELLPRISM_BINARY"), command);
      for (const name of ["cfg.json", "sae_weights.safetensors"]) {
        const [download] = await Promise.all([page.waitForEvent("download"), page.locator(`[data-file="${name}"]`).click()]);
        await download.saveAs(join(own, name));
        assert.ok(readFileSync(join(own, name)).equals(readFileSync(join(own, "sae", name))), name);
      }
    });
  } finally {
    rmSync(own, { recursive: true });
  }
});

test("a training can be stopped, and one that makes no sense says why", async () => {
  await visit(program, "#/train", async (page) => {
    await page.getByLabel("Epochs").fill("10000");
    await page.getByTestId("train").click();
    await page.getByTestId("epoch").waitFor();
    await page.getByTestId("stop").click();
    await page.getByRole("status").filter({ hasText: "Stopped" }).waitFor();

    const alert = page.getByRole("alert");
    await page.getByLabel("Active per cell").fill("5000");
    await page.getByTestId("train").click();
    await alert.filter({ hasText: "not a whole number" }).waitFor();
    await page.getByLabel("Active per cell").fill("2");
    await page.getByTestId("embeddings").setInputFiles({ name: "mine.safetensors", mimeType: "", buffer: Buffer.from("mine") });
    await page.getByText("mine.safetensors, 4 bytes").waitFor();
    await page.getByTestId("train").click();
    await alert.filter({ hasText: "not a whole safetensors file" }).waitFor();
  });
});

test("a training goes on, and its dictionary stays, while other pages are read", async () => {
  await visit(folder, "#/train", async (page) => {
    await page.getByLabel("Epochs").fill("2000");
    await page.getByTestId("train").click();
    await page.getByTestId("epoch").waitFor();
    await page.getByRole("link", { name: "Concepts", exact: true }).click();
    await page.locator("table.clist .idl").first().waitFor();
    await page.getByRole("link", { name: "Train", exact: true }).click();
    assert.equal(await page.getByRole("textbox", { name: /^Epochs/ }).inputValue(), "2000");
    await page.getByTestId("summary").waitFor({ timeout: 120_000 });
    await page.getByRole("link", { name: "Concepts", exact: true }).click();
    await page.locator("table.clist .idl").first().waitFor();
    await page.goBack();
    await page.getByTestId("summary").waitFor();
  });
});

test("the list of concepts is searched, and its state is in the address", async () => {
  await visit(folder, "#/concepts", async (page) => {
    const count = page.getByTestId("count");
    await count.waitFor();
    const all = await count.innerText();
    await page.locator("#q").fill("CD79A");
    await page.waitForFunction((was) => document.querySelector('[data-testid="count"]').innerText !== was, all);
    const found = await count.innerText();
    await page.waitForURL(/q=CD79A/);
    await page.reload();
    await page.waitForFunction((is) => document.querySelector('[data-testid="count"]')?.innerText === is, found);
  });
});

test("a name given to a concept is kept in this browser", async () => {
  await visit(folder, "", async (page) => {
    await page.goto(`${folder.url}${await labelled(page)}`);
    await page.getByTestId("label").fill("antigen presentation");
    await page.getByTestId("label").press("Tab");
    await page.reload();
    await page.getByTestId("label").waitFor();
    assert.equal(await page.getByTestId("label").inputValue(), "antigen presentation");
  });
});

test("the keyboard alone is enough to read a gene", async () => {
  await visit(folder, "", async (page) => {
    await page.goto(`${folder.url}${await labelled(page)}`);
    const gene = page.getByTestId("presence").locator("tbody tr").nth(2).locator("button");
    await gene.focus();
    await page.locator("#genecard").filter({ hasText: await gene.innerText() }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("#genecard").waitFor({ state: "detached" });
  });
});

test("addresses that lead nowhere say so", async () => {
  for (const hash of ["#/concept/999999", "#/concept/x", "#/neuron/999999", "#/gene/NOT-A-GENE", "#/nothing"]) {
    await visit(folder, hash, async (page) => {
      await page.locator("main").filter({ hasText: /no such|there is no|is not/i }).waitFor();
    });
  }
});

test("a bundle that isn't there is an error that names it", async () => {
  const { page, close } = await openPage(browser, folder.origin);
  await page.goto(`${folder.url}?bundle=missing`);
  await page.getByRole("alert").filter({ hasText: "missing/manifest.json" }).waitFor();
  await page.locator('main a[href^="?bundle="]').first().click();
  await page.locator('main a[href^="#/concept/"]').first().waitFor();
  await close();
});

test("no page is wider than a telephone", async () => {
  await visit(
    folder,
    "",
    async (page) => {
      const concept = await labelled(page);
      for (const hash of ["#/", "#/concepts", "#/concepts?paper=1", concept, `${concept}?paper=1`, "#/neurons", "#/neuron/0", "#/genes", "#/gene/CD79A", "#/about"]) {
        await page.goto(`${folder.url}${hash}`);
        await page.locator("h1").first().waitFor();
        await page.waitForTimeout(300);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= narrow.width, `${hash}: ${width} pixels`);
      }
    },
    narrow,
  );
});

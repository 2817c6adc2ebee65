// What a bundle is worth beside others: the evaluation's claims and tables, tasks, another dictionary.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { narrow, needed, openBrowser, visitor } from "./lib/browser.mjs";
import { staticServer } from "./lib/servers.mjs";
import { csv, json } from "./lib/tensors.mjs";
import { writeZip } from "./lib/zip.mjs";

const bundle = needed("CELLPRISM_BUNDLE");
const program = needed("CELLPRISM_BINARY");

let browser;
let server;
let work;

before(async () => {
  work = mkdtempSync(join(tmpdir(), "cellprism-beside-"));
  // beside the demo's bundle, which was bundle, its concepts before that
  const site = join(work, "site");
  cpSync(needed("CELLPRISM_SITE"), site, { recursive: true });
  cpSync(needed("CELLPRISM_CONCEPTS"), join(site, "bundles/plain"), { recursive: true });
  browser = await openBrowser();
  server = await staticServer(site);
});

after(async () => {
  await browser?.close();
  await server?.close();
  rmSync(work, { recursive: true });
});

const visit = visitor(() => ({ browser, server }));

const table = (name) => csv(join(bundle, `evaluation/${name}.csv`));

test("each claim stands beside its baseline, as published", async () => {
  const claims = table("claims");
  const held = claims.filter((claim) => claim.agrees === "yes").length;
  const asked = claims.filter((claim) => claim.agrees !== "not available").length;
  await visit("#/evaluation", async (page) => {
    await page.getByTestId("claims").waitFor();
    const rows = page.getByTestId("claims").locator("tbody tr");
    assert.equal(await rows.count(), claims.length);
    for (const [i, claim] of claims.entries()) {
      const fields = await rows.nth(i).locator("td").allInnerTexts();
      assert.ok(fields[0].includes(claim.claim));
      assert.match(fields[1], { yes: /yes/, no: /no/, "not available": /not asked/ }[claim.agrees]);
      assert.equal(await rows.nth(i).locator("td").nth(3).getAttribute("title"), claim.here);
      assert.equal(await rows.nth(i).locator("td").nth(4).getAttribute("title"), claim.baseline);
      if (claim.here === "") assert.equal(fields[3], "–", "what is not known is no number");
      assert.ok(fields[4].includes(claim.baseline_subject));
    }
    assert.match(await page.getByTestId("claims-verdict").innerText(), new RegExp(`^${held} of ${asked} `));
  });
});

test("every figure is drawn, every table opens with its rows", async () => {
  const index = json(bundle, "evaluation/evaluation.json");
  const figures = index.files.filter((file) => file.kind === "figure");
  await visit("#/evaluation", async (page) => {
    await page.waitForFunction((n) => [...document.querySelectorAll(".figures img")].filter((image) => image.complete && image.naturalWidth > 300).length === n, figures.length);
    const first = index.files.find((file) => file.kind === "table" && file.file.endsWith("reconstruction.csv"));
    const details = page.locator("details.evtable", { hasText: first.title });
    await details.locator("summary").click();
    await details.locator("tbody tr").first().waitFor();
    const shown = await details.locator("tbody tr").evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText)));
    assert.deepEqual(shown, table("tables/reconstruction").map((row) => Object.values(row)));

    // the dark page has dark figures: the same file in other colours
    const figure = page.locator("#figure-reconstruction");
    await figure.getByRole("button", { name: "Save the figure" }).click();
    const [light] = await Promise.all([page.waitForEvent("download"), figure.getByRole("button", { name: "SVG" }).click()]);
    assert.equal(readFileSync(await light.path(), "utf8"), readFileSync(join(bundle, "evaluation/figures/reconstruction.svg"), "utf8"));
    await page.getByRole("button", { name: "Switch between light and dark" }).click();
    await figure.getByRole("button", { name: "Save the figure" }).click();
    const [dark] = await Promise.all([page.waitForEvent("download"), figure.getByRole("button", { name: "SVG" }).click()]);
    assert.match(readFileSync(await dark.path(), "utf8"), /fill="#121215"/);
  });
});

test("a bundle without an evaluation says so, and how to make one", async () => {
  for (const hash of ["#/evaluation", "#/tasks"]) {
    await visit(`?bundle=bundles/plain/${hash}`, async (page) => {
      await page.getByTestId("not-evaluated").waitFor();
      assert.match(await page.locator("pre.command").innerText(), /^cellprism evaluate BUNDLE --cells cells\.h5ad .*--into-bundle /);
    });
  }
});

test("a figure that did not arrive is said, and no other is lost", async () => {
  await visit("#/about", async (page) => {
    await page.route(/figures\/classes\.svg/, (route) => route.fulfill({ status: 200, body: "<p>not the file</p>" }));
    await page.goto(`${server.url}#/evaluation`);
    await page.locator("#figure-classes").getByRole("alert").waitFor();
    await page.locator("#figure-labels img").waitFor();
  });
});

test("tasks: accuracies, confusion and coefficients are the tables', concepts are linked", async () => {
  const rows = table("tables/classification").filter((row) => row.task === "cell_type" && row.subject === "sae");
  const [paper, optimum] = rows.sort((a, b) => a.max_iterations - b.max_iterations);
  const coefficients = table("tables/coefficients").filter((row) => row.task === "cell_type" && row.subject === "sae");
  const confusion = table("tables/confusion").filter((row) => row.task === "cell_type" && row.subject === "sae");
  const cells = confusion.reduce((sum, row) => sum + Number(row.count), 0);
  await visit("#/tasks", async (page) => {
    const line = page.getByTestId("accuracy").locator('tr[data-subject="sae"]');
    assert.equal((await line.locator("td").first().innerText()).trim(), "SAE concepts");
    const shown = (await line.locator("td").allInnerTexts()).slice(1, 4);
    assert.deepEqual(shown, [paper.accuracy, optimum.accuracy, optimum.balanced_accuracy].map((x) => Number(x).toFixed(3)));
    assert.match(await page.getByTestId("confusion").innerText(), new RegExp(`^${cells} test cells`));
    const name = coefficients[0].class;
    const own = coefficients.filter((row) => row.class === name).sort((a, b) => Math.abs(b.coefficient) - Math.abs(a.coefficient));
    const first = page.locator(`table[data-class="${name}"] tbody tr`).first();
    assert.equal(await first.locator("a").getAttribute("href"), `#/concept/${own[0].id}`);
    assert.ok((await first.innerText()).includes(own[0].reads_as));

    await page.getByRole("button", { name: "cell cycle" }).click();
    await page.waitForURL(/task=cell_cycle/);
    const phases = table("tables/cell_cycle");
    const g1 = phases.filter((row) => row.phase === "G1").length;
    assert.match(await page.getByTestId("cycle").innerText(), new RegExp(`^${phases.length} cells: ${g1} in G1`));
  });
});

test("a dictionary of one's own is paired as sae match pairs it", async () => {
  const mine = join(work, "mine");
  const embeddings = join(bundle, "cells/embeddings.safetensors");
  execFileSync(program, ["sae", "train", "--embeddings", embeddings, "--concepts", "40", "--epochs", "200", "--seed", "5", "--out", mine, "-q"], { stdio: "pipe" });
  const told = JSON.parse(execFileSync(program, ["sae", "match", "--left", join(bundle, "sae"), "--right", mine, "--embeddings", embeddings, "--json"], { stdio: "pipe" }));
  await visit("#/compare", async (page) => {
    await page.getByTestId("dictionary").setInputFiles(["cfg.json", "sae_weights.safetensors"].map((name) => join(mine, name)));
    await page.getByTestId("compared").waitFor({ timeout: 120_000 });
    const said = await page.getByTestId("compared").innerText();
    assert.ok(said.startsWith(`${told.stable} of ${told.pairs.length} pairs agree more than chance: their cosine exceeds ${told.null_95.toFixed(3)},`), said);
    await page.locator("#pairs").getByRole("button", { name: "Save the figure" }).click();
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator("#pairs .figmenu").getByRole("button", { name: "CSV" }).click()]);
    const pairs = new Map(csv(await file.path()).map((row) => [row.left, row]));
    for (const pair of told.pairs) {
      const own = pairs.get(`C${pair.left}`);
      assert.equal(own.right, `C${pair.right}`);
      assert.ok(Math.abs(own.cosine - pair.cosine) < 1e-6);
      assert.equal(own.above_chance, String(pair.stable));
      if (pair.correlation !== null) assert.ok(Math.abs(own.correlation_left_cells - pair.correlation) < 1e-9);
    }
    const across = await page.getByTestId("across").locator("tbody tr").evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText)));
    assert.deepEqual([across[0][2], across[1][2]], ["not published", "not published"], "cells that are not there have no R²");
  });
});

test("two bundles, by address: the same one is its own counterpart", async () => {
  await visit("#/compare?with=bundles%2Fplain%2F", async (page) => {
    await page.getByTestId("compared").waitFor({ timeout: 120_000 });
    const rows = page.getByTestId("pairs").locator("tbody tr");
    assert.equal((await rows.first().locator("td").nth(2).innerText()).trim(), "1.000");
    const [left, right] = await rows.first().locator("a.idl").evaluateAll((links) => links.map((link) => link.innerText));
    assert.equal(left, right);
    const metrics = json(bundle, "evaluation/metrics.json")[0].r2.toFixed(3);
    const across = await page.getByTestId("across").locator("tbody td.n").allInnerTexts();
    assert.deepEqual(across, [metrics, metrics, metrics, metrics]);
  });
});

test("a bundle in a zip file is compared, and a damaged one is named", async () => {
  const files = ["manifest.json", "concepts/index.json", "sae/cfg.json", "sae/sae_weights.safetensors", "cells/embeddings.safetensors"];
  const packed = join(work, "packed.zip");
  writeZip(packed, Object.fromEntries(files.map((file) => [`bundle/${file}`, readFileSync(join(bundle, file))])));
  const damaged = join(work, "damaged.zip");
  const bytes = readFileSync(packed);
  bytes.fill(0, 200, 400);
  writeFileSync(damaged, bytes);
  await visit("#/compare", async (page) => {
    await page.getByTestId("zip").setInputFiles(damaged);
    await page.getByRole("alert").filter({ hasText: "damaged.zip" }).waitFor();
    await page.getByTestId("zip").setInputFiles(packed);
    await page.getByTestId("compared").waitFor({ timeout: 120_000 });
    const rows = page.getByTestId("pairs").locator("tbody tr");
    assert.equal((await rows.first().locator("td").nth(2).innerText()).trim(), "1.000");
    const metrics = json(bundle, "evaluation/metrics.json")[0].r2.toFixed(3);
    assert.deepEqual(await page.getByTestId("across").locator("tbody td.n").allInnerTexts(), [metrics, metrics, metrics, metrics]);
  });
});

test("a bundle that is not there is said, with its address", async () => {
  await visit("", async (page) => {
    await page.route(/missing/, (route) => route.fulfill({ status: 200, body: "{}" }));
    await page.goto(`${server.url}#/compare?with=missing`);
    await page.getByRole("alert").filter({ hasText: "manifest.json" }).waitFor();
  });
});

test("no such page is wider than a telephone", async () => {
  await visit(
    "#/evaluation",
    async (page) => {
      for (const hash of ["#/evaluation", "#/tasks", "#/tasks?task=cell_cycle", "#/compare?with=neurons"]) {
        await page.goto(`${server.url}${hash}`);
        await page.waitForTimeout(900);
        for (const width of [narrow.width, 320]) {
          await page.setViewportSize({ width, height: 800 });
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= width, `${hash}: ${wide} pixels at ${width}`);
        }
      }
    },
    { viewport: narrow },
  );
});

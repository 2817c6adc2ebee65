// What a page says beyond the paper is what the bundle holds: titles, genes of both sides, certainty, files.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { needed, openBrowser, saveFrom, visitor } from "./lib/browser.mjs";
import { staticServer } from "./lib/servers.mjs";
import { csv, falling, json, stem, tensor } from "./lib/tensors.mjs";

const bundle = needed("CELLPRISM_BUNDLE");
const index = json(bundle, "concepts/index.json");
const genes = json(bundle, "genes/index.json").symbols;
const alive = index.rows.filter((row) => row.cells > 0 && row.title).sort((a, b) => b.cells - a.cells);
const own = alive.find((row) => row.labels?.presence && row.title_parts.lacks.length) ?? alive[0];
const detail = json(bundle, `concepts/${stem(own.id)}.json`);
const arrays = join(bundle, `concepts/${stem(own.id)}.safetensors`);

let browser;
let server;
let downloads;

before(async () => {
  browser = await openBrowser();
  server = await staticServer(needed("CELLPRISM_SITE"));
  downloads = mkdtempSync(join(tmpdir(), "cellprism-reading-"));
});

after(async () => {
  await browser?.close();
  await server?.close();
  rmSync(downloads, { recursive: true });
});

const visit = visitor(() => ({ browser, server }));

const text = async (locator) => (await locator.innerText()).replaceAll(/\s+/g, " ").trim();

const save = async (page, button) => csv(await saveFrom(page, button, downloads));

// Symbol, mean and carried-by of the rows of one side.
async function shown(page, side) {
  await page.getByTestId(side).locator("tbody tr").first().waitFor();
  return page.getByTestId(side).locator("tbody tr").evaluateAll((rows) =>
    rows.map((row) => ({
      gene: row.querySelector(".glink").innerText,
      mean: row.querySelector("td.n").innerText.replace("−", "-"),
      carried: Number(row.querySelector(".carried").innerText.match(/\d+/)[0]),
      few: row.classList.contains("few"),
    })),
  );
}

test("a page is titled as the index says, its genes in italics", async () => {
  for (const row of [own, ...alive.slice(0, 4)]) {
    await visit(`#/concept/${row.id}`, async (page) => {
      assert.equal(await text(page.locator("h1")), `C${row.id} ${row.title}`);
      const italics = await page.locator("h1 .gene").allInnerTexts();
      assert.deepEqual(italics, [...row.title_parts.has, ...row.title_parts.lacks]);
      await page.getByTestId("presence").waitFor();
      assert.equal(await text(page.getByTestId("verdict")), json(bundle, `concepts/${stem(row.id)}.json`).verdict);
    });
  }
});

test("the overview says what all readings say, and what survives where there is nothing to find", async () => {
  await visit("#/", async (page) => {
    assert.ok(index.verdict.length > 20);
    assert.equal(await text(page.getByTestId("verdict")), index.verdict);
    const said = await text(page.getByTestId("calibration"));
    for (const { survive, tested } of index.calibration) {
      assert.match(said, new RegExp(`${survive || "none"} of ${tested}`));
    }
  });
});

for (const side of ["presence", "absence"]) {
  test(`genes of ${side} are those of the tensors, against both kinds of other cells`, async () => {
    await visit(`#/concept/${own.id}`, async (page) => {
      for (const [name, button] of [[`scores_${side}`, "Nearest"], [`scores_typical_${side}`, "Typical"]]) {
        await page.getByRole("button", { name: `${button} other cells` }).click();
        const scores = tensor(arrays, name);
        const carried = tensor(arrays, `carried_by_${side}`);
        const expected = falling(scores).filter((gene) => scores[gene] > 0).slice(0, 10);
        await page.getByTestId(side).locator("tbody tr").first().filter({ hasText: genes[expected[0]] }).waitFor();
        const found = await shown(page, side);
        assert.deepEqual(found.map((row) => row.gene), expected.map((gene) => genes[gene]));
        found.forEach((row, i) => {
          assert.ok(Math.abs(Number(row.mean) - scores[expected[i]]) <= 5.1e-4, `${row.gene}: ${row.mean}`);
          assert.equal(row.carried, carried[expected[i]]);
          assert.equal(row.few, carried[expected[i]] < detail.reading.headline);
        });
      }
      await page.waitForURL(/contrast=typical/);
    });
  });
}

test("the contrast is in the address", async () => {
  await visit(`#/concept/${own.id}?contrast=typical`, async (page) => {
    const typical = page.getByRole("button", { name: "Typical other cells" });
    await typical.waitFor();
    assert.equal(await typical.getAttribute("aria-pressed"), "true");
  });
});

test("the paper's list and label are one click away", async () => {
  await visit(`#/concept/${own.id}`, async (page) => {
    const fold = page.getByTestId("paper");
    await fold.locator("summary").click();
    await fold.locator("table.attr tbody tr").first().waitFor();
    const scores = tensor(arrays, "scores");
    const expected = falling(scores).slice(0, 5).map((gene) => genes[gene]);
    const found = (await fold.locator("table.attr tbody .glink").allInnerTexts()).slice(0, 5);
    assert.deepEqual(found, expected);
    await page.waitForURL(/paper=1/);
    await page.reload();
    await fold.locator("table.attr tbody tr").first().waitFor();
    await fold.locator("summary").click();
    await fold.locator("table.attr").waitFor({ state: "detached" });
  });
});

test("what is said to stand survives, and nothing else", async () => {
  await visit("#/concepts?show=all", async (page) => {
    await page.getByTestId("count").waitFor();
    while (await page.getByRole("button", { name: /^Show \d+ more/ }).count()) {
      await page.getByRole("button", { name: /^Show \d+ more/ }).click();
    }
    const rows = await page.locator("table.clist tbody tr").evaluateAll((rows) =>
      rows.map((row) => [row.querySelector(".idl").innerText, row.querySelector("[data-testid=certainty]")?.innerText]),
    );
    assert.equal(rows.length, index.rows.length);
    for (const [name, word] of rows) {
      const row = index.rows[Number(name.slice(1))];
      assert.equal(word === "stands", row.survives, `${name}: ${word}`);
      if (row.labels?.presence || row.labels?.absence) assert.match(word, /^(stands|likely|a hint|as chance)$/);
    }
  });
  await visit(`#/concept/${own.id}`, async (page) => {
    for (const side of ["presence", "absence"]) {
      const label = own.labels?.[side];
      if (!label) continue;
      const first = page.getByTestId(`pathways-${side}`).locator("tbody tr").first();
      assert.equal(await first.getAttribute("data-term"), label.term);
      assert.equal((await text(first.getByTestId("certainty"))) === "stands", label.survives);
      const odds = await text(first.locator(".odds"));
      const hits = label.chance * (label.rankings + 1);
      if (!label.tail_fitted && Math.abs(hits - Math.round(hits)) < 0.01) {
        assert.equal(odds, `${Math.round(hits).toLocaleString("en")} in ${(label.rankings + 1).toLocaleString("en")}`);
      }
    }
  });
});

test("files hold every gene, both sides' pathways, and cells by barcode", async () => {
  await visit(`#/concept/${own.id}`, async (page) => {
    await page.locator("#genes figure.fig").first().getByRole("button", { name: "Save the figure" }).click();
    const table = await save(page, page.locator(".figmenu").getByRole("button", { name: "CSV" }));
    assert.equal(table.length, genes.length);
    const place = new Map(genes.map((gene, i) => [gene, i]));
    for (const name of ["scores_presence", "scores_absence", "scores_typical_presence", "scores_typical_absence", "carried_by_presence", "carried_by_absence", "scores"]) {
      const values = tensor(arrays, name);
      for (const row of table) assert.equal(Math.fround(Number(row[name])), values[place.get(row.gene)], `${name} of ${row.gene}`);
    }

    const sets = await save(page, page.locator("#pathways figure.fig").first().getByRole("button", { name: "CSV" }));
    const sides = detail.reading;
    const listed = (side) => sides[side].enrichment?.sets ?? [];
    assert.equal(sets.length, listed("presence").length + listed("absence").length);
    for (const row of sets) {
      assert.notEqual(Number(row.p), 0);
      assert.notEqual(Number(row.fdr), 0);
      assert.ok(Number(row.chance) > 0);
      const set = listed(row.side).find((set) => set.term === row.term && set.library === row.library);
      assert.equal(Number(row.nes), set.nes);
    }

    const cells = await save(page, page.getByTestId("cells-csv"));
    const names = json(bundle, "cells/ids.json");
    const [rows, activations] = [tensor(arrays, "cells"), tensor(arrays, "activations")];
    assert.equal(cells.length, rows.length);
    const expected = new Map([...rows].map((cell, i) => [names[cell], activations[i]]));
    for (const row of cells) assert.equal(Math.fround(Number(row.activation)), expected.get(row.barcode), row.barcode);
  });
});

test("shares of labels stand beside the labels' own", async () => {
  await visit(`#/concept/${own.id}`, async (page) => {
    for (const column of detail.columns) {
      const first = column.labels[0];
      const row = page.locator(`table[data-column="${column.column}"] tbody tr`).first();
      await row.waitFor();
      const cells = await row.locator("td").allInnerTexts();
      assert.equal(cells[0].trim(), first.label);
      const lift = first.lift >= 9.95 ? first.lift.toFixed(0) : first.lift.toFixed(1);
      assert.equal(cells[4].trim(), `${lift}×`);
    }
    await page.getByTestId("examples").locator("tbody tr").first().waitFor();
    const parts = await page.getByTestId("examples").locator("tbody tr td:first-child").allInnerTexts();
    assert.deepEqual([...new Set(parts)], own.cells > 9 ? ["strongest", "middle", "weakest"] : ["all"]);
  });
});

test("prototypes at the edge are marked and counted", async () => {
  const some = alive.map((row) => json(bundle, `concepts/${stem(row.id)}.json`)).find((found) => found.edge > 0);
  if (!some) return;
  await visit(`#/concept/${some.id}`, async (page) => {
    const marks = page.getByRole("group", { name: "Prototype" }).locator(".edge");
    await marks.first().waitFor();
    assert.equal(await marks.count(), some.edge);
    assert.match(await text(page.locator("#pairs > header")), new RegExp(`${some.edge} of the ${some.prototypes.length}`));
  });
});

test("the page computes what its cells have and lack again, and which cells carry it", async () => {
  await visit(`#/concept/${own.id}`, async (page) => {
    await page.getByTestId("recompute").click();
    const verdict = page.getByTestId("recomputed");
    await verdict.waitFor({ timeout: 180_000 });
    assert.match(await text(verdict), /^The same: .*have and lack, the cells that carry it, both labels/);
  });
});

test("neurons have a list and pages like concepts", async () => {
  const neurons = json(bundle, "neurons/index.json").rows;
  await visit("#/neurons", async (page) => {
    await page.locator("table.clist .idl").first().click();
    await page.waitForURL(/#\/neuron\/\d+/);
    const id = Number(page.url().match(/neuron\/(\d+)/)[1]);
    await page.getByTestId("presence").waitFor();
    assert.match(await text(page.locator("h1")), /^N\d+[+−] /);
    assert.ok((await text(page.locator("h1"))).endsWith(neurons[id].title));
  });
});

// What an older release wrote: no field or parameter of the readings, and no list of files to check them against.
async function older(page) {
  const change = (pattern, edit) =>
    page.route(pattern, async (route) => {
      const response = await route.fetch();
      const value = await response.json();
      edit(value);
      await route.fulfill({ response, json: value });
    });
  const beyond = ["title", "title_parts", "labels", "survives", "verdict", "reading", "edge"];
  const strip = (value) => beyond.forEach((name) => delete value[name]);
  await change("**/manifest.json", (manifest) => {
    manifest.version.minor = 2;
    manifest.files = {};
    delete manifest.parameters.reading;
  });
  await change("**/concepts/index.json", (value) => {
    ["verdict", "side_tests", "surviving", "calibration"].forEach((name) => delete value[name]);
    value.rows.forEach(strip);
  });
  await change(/concepts\/\d+\.json/, (value) => {
    strip(value);
    value.columns.forEach((column) => column.labels.forEach((label) => (delete label.lift, delete label.base_rate)));
  });
}

test("a bundle of an older release opens and says what it lacks", async () => {
  await visit(
    "#/",
    async (page) => {
      await page.getByTestId("paper-only").filter({ hasText: "holds the paper’s readings only" }).waitFor();
      await page.goto(`${server.url}#/concepts`);
      await page.locator("table.clist .idl").first().waitFor();
      await page.goto(`${server.url}#/concept/${own.id}`);
      await page.getByTestId("paper-only").waitFor();
      await page.locator("#genes table.attr tbody tr").nth(5).waitFor();
      assert.equal(await text(page.locator("h1")), `C${own.id} ${own.reads_as}`);
      const lift = await page.locator("table.comp tbody tr").first().locator("td").last().innerText();
      const column = detail.columns[0].labels[0];
      assert.ok(Math.abs(parseFloat(lift) - column.lift) <= 0.051 + column.lift * 0.005, `${lift} and ${column.lift}`);
    },
    { prepare: older },
  );
});

test("the counts of a concept's cells are fetched when they are looked at, and nothing jumps then", async () => {
  const files = [];
  const prepare = async (page) => {
    page.on("request", (request) => request.url().includes("/samples/") && files.push(request.url()));
    await page.addInitScript(() => {
      window.shifted = 0;
      const add = (list) => list.getEntries().forEach((entry) => (window.shifted += entry.hadRecentInput ? 0 : entry.value));
      new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
    });
  };
  await visit(
    `#/concept/${own.id}`,
    async (page) => {
      // whole: the last part stands
      await page.locator("#provenance").waitFor();
      await page.waitForLoadState("networkidle");
      assert.deepEqual(files, [], "the first view asks for no counts");
      const cells = page.locator("#pairs tbody tr").first().locator("td.n");
      const first = (await cells.allInnerTexts()).slice(0, 4);
      assert.deepEqual(first.slice(0, 2), ["…", "…"]);
      assert.match(await page.locator("#pairs").getByRole("status").innerText(), /Counts are being loaded/);
      const before = await page.evaluate(() => window.shifted);
      await page.locator("#pairs").scrollIntoViewIfNeeded();
      await page.waitForFunction(() => /^\d/.test(document.querySelector("#pairs tbody td.n").innerText));
      assert.equal(files.length, 1);
      const then = (await cells.allInnerTexts()).slice(0, 4);
      assert.deepEqual(then.slice(2), first.slice(2), "effects were there before");
      const samples = join(bundle, `samples/${stem(own.id)}.safetensors`);
      const [indptr, indices, values, prototypes] = ["indptr", "indices", "values", "prototypes"].map((of) => tensor(samples, of));
      const gene = genes.indexOf(await page.locator("#pairs tbody a.gene").first().innerText());
      const row = [...indices.slice(indptr[prototypes[0]], indptr[prototypes[0] + 1])].indexOf(gene);
      assert.equal(Number(then[0]), row < 0 ? 0 : values[indptr[prototypes[0]] + row]);
      assert.ok((await page.evaluate(() => window.shifted)) - before < 0.001);
    },
    { prepare },
  );
});

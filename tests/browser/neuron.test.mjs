// A neuron's page has every part of a concept's page, with the numbers of the bundle and of the program.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { narrow, needed, openBrowser, saveFrom, visitor } from "./lib/browser.mjs";
import { staticServer } from "./lib/servers.mjs";
import { csv, falling, json, stem, tensor } from "./lib/tensors.mjs";

const run = promisify(execFile);
const bundle = needed("CELLPRISM_BUNDLE");
const manifest = json(bundle, "manifest.json");
const neurons = json(bundle, "neurons/index.json").rows;
const d = manifest.counts.embedding;
const strongest = (rows) => [...rows].sort((a, b) => b.cells - a.cells)[0].id;
// A positive and a negative side.
const [plus, minus] = [strongest(neurons.slice(0, d)), strongest(neurons.slice(d))];
const name = (id) => (id < d ? `N${id}+` : `N${id - d}−`);
const counts = (id) => join(bundle, `samples/neurons/${stem(id)}.safetensors`);

let browser;
let server;
let work;

before(async () => {
  browser = await openBrowser();
  server = await staticServer(needed("CELLPRISM_SITE"));
  work = mkdtempSync(join(tmpdir(), "cellprism-neuron-"));
});

after(async () => {
  await browser?.close();
  await server?.close();
  rmSync(work, { recursive: true });
});

const read = visitor(() => ({ browser, server }), (page) => page.getByTestId("presence").waitFor());
const visit = (id, ...rest) => read(`#/neuron/${id}`, ...rest);

// Both sides of every dimension as a dictionary of files, so that commands read it as any other.
function identity() {
  const folder = join(work, "neurons");
  mkdirSync(folder, { recursive: true });
  const rows = new Float32Array(2 * d * d);
  for (let i = 0; i < d; i += 1) [rows[i * d + i], rows[(d + i) * d + i]] = [1, -1];
  const columns = new Float32Array(2 * d * d);
  for (let side = 0; side < 2 * d; side += 1) for (let i = 0; i < d; i += 1) columns[i * 2 * d + side] = rows[side * d + i];
  const tensors = { W_dec: [[2 * d, d], rows], W_enc: [[d, 2 * d], columns], b_dec: [[d], new Float32Array(d)], b_enc: [[2 * d], new Float32Array(2 * d)] };
  let at = 0;
  const header = {};
  const parts = [];
  for (const [key, [shape, values]] of Object.entries(tensors)) {
    header[key] = { dtype: "F32", shape, data_offsets: [at, at + values.byteLength] };
    at += values.byteLength;
    parts.push(Buffer.from(values.buffer));
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(join(folder, "sae_weights.safetensors"), Buffer.concat([length, text, ...parts]));
  const config = json(bundle, "sae/cfg.json");
  writeFileSync(join(folder, "cfg.json"), JSON.stringify({ ...config, d_in: d, d_sae: 2 * d, k: 2 * d, apply_b_dec_to_input: false }));
  return folder;
}

test("a neuron's page has the parts of a concept's page", async () => {
  await visit(plus, async (page) => {
    for (const part of ["genes", "pathways", "cells", "label", "pairs", "deletion", "recompute", "steer", "related", "provenance"]) {
      assert.equal(await page.locator(`#${part}`).count(), 1, part);
    }
    assert.equal(await page.locator(".four .reading").count(), 4);
    // What cannot be for a neuron is said.
    assert.match(await page.locator("#pairs > header").innerText(), /not chosen among others by TopK/);
    const other = page.getByTestId("other-side");
    assert.match(await other.innerText(), new RegExp(`^N${plus}− is the other side of the same dimension, active in ${neurons[d + plus].cells.toLocaleString("en-US")} cells`));
    await other.getByRole("link").click();
    await page.waitForURL(new RegExp(`#/neuron/${d + plus}$`));
  });
});

test("a pair's counts and effects are those of the bundle", async () => {
  await visit(minus, async (page) => {
    const table = page.getByRole("region", { name: "Genes of this pair" });
    await table.waitFor();
    const file = await saveFrom(page, page.locator("#pairs").getByRole("button", { name: "CSV" }), work);
    const rows = csv(file);
    const symbols = json(bundle, "genes/index.json").symbols;
    const [indptr, indices, values] = ["indptr", "indices", "values"].map((of) => tensor(counts(minus), of));
    const [prototypes, nearest] = ["prototypes", "counterfactuals"].map((of) => tensor(counts(minus), of));
    const count = (place, gene) => {
      for (let i = indptr[place]; i < indptr[place + 1]; i += 1) if (indices[i] === gene) return values[i];
      return 0;
    };
    const arrays = join(bundle, `neurons/${stem(minus)}.safetensors`);
    const [top, pairs] = [tensor(arrays, "top_genes"), tensor(arrays, "pair_scores")];
    assert.equal(rows.length, top.length);
    for (const row of rows) {
      const gene = symbols.indexOf(row.gene);
      assert.equal(Number(row.prototype_count), count(prototypes[0], gene), row.gene);
      assert.equal(Number(row.counterfactual_count), count(nearest[0], gene), row.gene);
      const effect = pairs[top.indexOf(gene) * (pairs.length / top.length)];
      assert.ok(Math.abs(Number(row.this_pair) - effect) < 1e-6, row.gene);
    }
  });
});

test("both sides of a dimension are computed again in the page as they were published", async () => {
  for (const id of [plus, minus]) {
    await visit(id, async (page) => {
      await page.getByTestId("recompute").click();
      const verdict = page.getByTestId("recomputed");
      await verdict.waitFor({ timeout: 180_000 });
      assert.match(await verdict.innerText(), /^The same: .*have and lack, the cells that carry it, both labels/, name(id));
    });
  }
});

test("a neuron's genes are those that cellprism attribute finds for the dimension, and doubling it changes genes as cellprism steer says", async () => {
  const fixtures = join(import.meta.dirname, "../fixtures/demo");
  const model = join(work, "model");
  await run(needed("CELLPRISM_BINARY"), ["import", "scvi", join(fixtures, "scvi"), "--out", model]);
  const inputs = ["--model", model, "--sae", identity(), "--cells", join(fixtures, "cells.h5ad")];
  const attribution = join(work, "attribution.safetensors");
  await run(needed("CELLPRISM_BINARY"), ["attribute", ...inputs, "--concepts", String(minus), "--out", attribution]);
  const published = tensor(join(bundle, `neurons/${stem(minus)}.safetensors`), "scores");
  const found = tensor(attribution, "scores");
  assert.equal(found.length, published.length);
  published.forEach((score, gene) => assert.ok(Math.abs(score - found[gene]) <= 1e-5, `gene ${gene}: ${score} and ${found[gene]}`));
  assert.ok(published[falling(published)[0]] > 0.01);

  await run(needed("CELLPRISM_BINARY"), ["steer", ...inputs, "--concept", String(minus), "--scale", "2", "--out", join(work, "command.csv")]);
  await visit(minus, async (page) => {
    await page.locator("#steer").getByRole("button", { name: "Double" }).click();
    await page.getByTestId("steered-genes").locator("tbody tr").first().waitFor({ timeout: 60_000 });
    assert.match(await page.getByTestId("steered").innerText(), /nothing competes with a dimension for its place/);
    const file = await saveFrom(page, page.locator("#steer").getByRole("button", { name: "CSV" }), work, "page.csv");
    const table = (path) => new Map(readFileSync(path, "utf8").trim().split(/\r?\n/).slice(1).map((row) => row.split(",")).map(([gene, ...numbers]) => [gene, numbers.map(Number)]));
    const [here, there] = [table(file), table(join(work, "command.csv"))];
    assert.ok(there.size > 500 && here.size === there.size);
    for (const [gene, expected] of there) {
      expected.forEach((value, i) => assert.ok(Math.abs(here.get(gene)[i] - value) <= 1e-6 * Math.max(1, Math.abs(value)), `${gene}: ${here.get(gene)} and ${expected}`));
    }
  });
});

test("a neuron's label is its own, not that of the concept with its number", async () => {
  await visit(plus, async (page) => {
    const field = page.getByLabel(`Your label for ${name(plus)}`);
    await field.fill("a dimension of my own");
    await field.press("Enter");
    await page.locator(".four").filter({ hasText: "a dimension of my own" }).waitFor();
    await page.goto(`${server.url}#/concept/${plus}`);
    await page.locator("#label").or(page.locator("p.notice")).first().waitFor();
    assert.doesNotMatch(await page.locator("main").innerText(), /a dimension of my own/);
    await page.goto(`${server.url}#/labels`);
    const row = page.getByTestId("labels").locator("tbody tr");
    assert.match(await row.innerText(), new RegExp(`^N${plus}\\+[\\s\\S]*a dimension of my own`));
    assert.equal(await row.getByRole("link").first().getAttribute("href"), `#/neuron/${plus}`);
    const labels = JSON.parse(readFileSync(await saveFrom(page, page.getByRole("button", { name: "JSON", exact: true }), work), "utf8")).labels;
    assert.deepEqual(labels.map((note) => [note.of, note.concept, note.label]), [["neurons", plus, "a dimension of my own"]]);
  });
});

test("on a telephone the page is as wide as the screen", async () => {
  await visit(minus, async (page) => {
    await page.locator("#related").scrollIntoViewIfNeeded();
    const [inner, all] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
    assert.ok(all <= inner, `${all} of ${inner}`);
  }, { viewport: narrow });
});

// The page of jobs, against a server that takes them: files brought, a job submitted and watched, another one stopped, the
// bundle opened.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { narrow, needed, openBrowser, openPage, screenshot, wide } from "./lib/browser.mjs";
import { jobsServer } from "./lib/servers.mjs";

const program = needed("CELLPRISM_BINARY");
const demo = join(import.meta.dirname, "../fixtures/demo");
let browser;
let server;
let work;

before(async () => {
  work = mkdtempSync(join(tmpdir(), "cellprism-jobs-"));
  execFileSync(program, ["import", "scvi", join(demo, "scvi"), "--out", join(work, "models/scvi"), "-q"]);
  browser = await openBrowser();
  server = await jobsServer(program, join(work, "data"), join(work, "models"));
});

after(async () => {
  await browser?.close();
  await server?.close();
  rmSync(work, { recursive: true, force: true });
});

async function visit(look, viewport = wide, options = {}) {
  const { page, problems, close } = await openPage(browser, server.origin, viewport, options);
  try {
    await page.goto(`${server.url}#/jobs`);
    await page.locator("h1", { hasText: "Jobs" }).waitFor();
    await look(page);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
}

const job = (page, state) => page.getByTestId("jobs").locator("tbody tr").filter({ has: page.getByText(state, { exact: true }) });

// Looks at the page in every width and both colours; nothing may stand out at the side.
async function pictures(name) {
  for (const [size, viewport] of [["wide", wide], ["narrow", narrow]]) {
    for (const colorScheme of ["light", "dark"]) {
      await visit(
        async (page) => {
          await page.getByTestId("jobs").or(page.getByText("No job yet")).first().waitFor();
          await page.waitForTimeout(300);
          const [inner, all] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
          assert.ok(all <= inner, `${all} pixels in a window of ${inner}`);
          await page.screenshot({ path: screenshot(`jobs-${name}-${size}-${colorScheme}`), fullPage: true });
        },
        viewport,
        { colorScheme },
      );
    }
  }
}

test("a page without files says what is missing", async () => {
  await visit(async (page) => {
    await page.getByText("No job yet").waitFor();
    assert.ok(await page.getByTestId("submit").isDisabled());
  });
  await pictures("empty");
});

test("files are brought, a job is submitted, watched and its bundle opened", async () => {
  await visit(async (page) => {
    await page.getByLabel("Cells").and(page.locator("input[type=file]")).setInputFiles(join(demo, "cells.h5ad"));
    await page.locator("option", { hasText: "cells.h5ad (700 cells)" }).waitFor({ state: "attached" });
    await page.locator("input[type=file][accept*=gmt]").setInputFiles(join(demo, "GO_Biological_Process.gmt.gz"));
    await page.getByLabel("GO_Biological_Process.gmt.gz").check();
    for (const [name, value] of [["Concepts", "40"], ["Active", "4"], ["Epochs", "60"]]) {
      await page.getByLabel(name, { exact: false }).and(page.locator("input.num")).fill(value);
    }
    await page.getByTestId("submit").click();
    const open = page.getByRole("link", { name: "Open" });
    await job(page, "running").or(job(page, "succeeded")).first().waitFor();
    await open.waitFor({ timeout: 120_000 });
    const told = await page.evaluate(() => fetch("api/v1/jobs").then((answer) => answer.json()));
    assert.equal(told.length, 1);
    assert.deepEqual([told[0].state, told[0].parameters.concepts], ["succeeded", 40]);
    await open.click();
    await page.locator("main").getByText("40 concepts").or(page.getByText("700 cells")).first().waitFor();
    assert.ok(page.url().includes(`bundle=${told[0].bundle}`), page.url());
  });
});

test("a job that runs is stopped from the page, asked for again, stopped and removed", async () => {
  await visit(async (page) => {
    await page.getByLabel("Concepts", { exact: false }).and(page.locator("input.num")).fill("60");
    await page.getByLabel("Epochs", { exact: false }).and(page.locator("input.num")).fill("200000");
    await page.getByTestId("submit").click();
    await page.getByTestId("jobs").locator("progress").first().waitFor();
    await pictures("running");
    await page.getByRole("button", { name: "Cancel" }).click();
    await job(page, "cancelled").waitFor({ timeout: 15_000 });
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByRole("button", { name: "Cancel" }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await job(page, "cancelled").waitFor({ timeout: 15_000 });
    await pictures("done");
    await page.getByRole("button", { name: "Remove" }).click();
    await job(page, "cancelled").waitFor({ state: "detached" });
    assert.equal(await page.getByTestId("jobs").locator("tbody tr").count(), 1);
  });
});

test("what makes no sense is said in the server's words", async () => {
  await visit(async (page) => {
    await page.getByLabel("Concepts", { exact: false }).and(page.locator("input.num")).fill("many");
    await page.getByTestId("submit").click();
    await page.getByRole("alert").filter({ hasText: "no whole number" }).waitFor();
  });
});

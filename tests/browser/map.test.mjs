// The map of cells as a reader works in it: what it says of a cell, a label, a selection is what the bundle's files say.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { narrow, needed, openBrowser, saveFrom, screenshot, visitPage, wide } from "./lib/browser.mjs";
import { programServer, staticServer } from "./lib/servers.mjs";
import { csv, json, stem, tensor } from "./lib/tensors.mjs";

let browser;
let plain;
let folder;
let program;
let own;
const bundle = needed("CELLPRISM_BUNDLE");
const names = json(bundle, "cells/ids.json");
const metadata = json(bundle, "cells/metadata.json");
const index = json(bundle, "concepts/index.json");
const manifest = json(bundle, "manifest.json");
const primary = metadata.columns.find((c) => c.name === metadata.primary);
const codes = tensor(join(bundle, "cells/metadata.safetensors"), primary.name);
const xy = tensor(join(bundle, "cells/umap.safetensors"), "xy");
const labelOf = (cell) => primary.labels[codes[cell]];
const active = (id) => {
  const file = join(bundle, `concepts/${stem(id)}.safetensors`);
  const values = tensor(file, "activations");
  return new Map([...tensor(file, "cells")].map((cell, i) => [cell, values[i]]));
};

before(async () => {
  browser = await openBrowser(["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]);
  plain = await openBrowser(["--disable-3d-apis"]);
  folder = await staticServer(needed("CELLPRISM_SITE"));
  program = await programServer(needed("CELLPRISM_BINARY"), bundle);
  own = mkdtempSync(join(tmpdir(), "cellprism-map-"));
});

after(async () => {
  await browser?.close();
  await plain?.close();
  await folder?.close();
  await program?.close();
  rmSync(own, { recursive: true });
});

async function drawn(page) {
  await map(page).waitFor();
  await page.waitForTimeout(400);
}

const visit = (server, hash, work, viewport, options, by = browser) => visitPage(by, server, hash, drawn, work, viewport, options);

const map = (page) => page.getByRole("application").first();

// Where a cell lies on the screen: the margin is the radius of a dot and two pixels, as the map itself lays it out.
async function screen(page, cell) {
  await map(page).scrollIntoViewIfNeeded();
  const box = await map(page).boundingBox();
  const crowd = Math.min(1, Math.max(0.35, (8000 / names.length) ** 0.25));
  const margin = Math.max(0.8, 2.4 * Math.min(1.15, Math.max(0.55, box.width / 600)) * crowd) + 2;
  const along = (share, length) => margin + share * (length - 2 * margin);
  return [box.x + along(xy[2 * cell] / 65535, box.width), box.y + along(1 - xy[2 * cell + 1] / 65535, box.height), box];
}

// Cells that lie apart from all others, so that pointing at one means this one.
function alone(n) {
  const found = [];
  for (let cell = 0; cell < names.length && found.length < n; cell += 1) {
    const near = (other) => other !== cell && Math.hypot(xy[2 * cell] - xy[2 * other], xy[2 * cell + 1] - xy[2 * other + 1]) < 350;
    if (!names.some((_, other) => near(other))) found.push(cell);
  }
  return found;
}

const saved = (page, button, name) => saveFrom(page, button, own, name);

async function drag(page, points) {
  await page.mouse.move(...points[0]);
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(...point, { steps: 4 });
  await page.mouse.up();
}

test("a cell that is pointed at says its label, its activation and its name as the files have them", async () => {
  const concept = index.rows.find((row) => row.cells > 20).id;
  const values = active(concept);
  for (const server of [folder, program]) {
    await visit(server, `#/?by=C${concept}`, async (page) => {
      assert.equal(await map(page).locator("canvas").getAttribute("data-painter"), "webgl2");
      for (const cell of alone(3)) {
        const [x, y] = await screen(page, cell);
        await page.mouse.move(x, y);
        const tip = page.getByTestId("cell-tip");
        await tip.filter({ hasText: names[cell] }).waitFor();
        const [label, activation] = await tip.locator("span").allInnerTexts();
        assert.equal(label, labelOf(cell));
        const said = Number(activation.replace("Activation ", ""));
        const truth = values.get(cell) ?? 0;
        assert.ok(Math.abs(said - truth) <= 0.006 * Math.max(1, truth), `${said}, not ${truth}`);
      }
    });
  }
});

test("a lasso's cells, as a file and as a table by label, are those inside the line", async () => {
  await visit(folder, "#/", async (page) => {
    const [, , box] = await screen(page, 0);
    await page.getByRole("button", { name: "Lasso" }).first().click();
    const corner = (x, y) => [box.x + x * box.width, box.y + y * box.height];
    await drag(page, [corner(0.1, 0.1), corner(0.9, 0.15), corner(0.55, 0.5), corner(0.8, 0.9), corner(0.15, 0.7)]);
    await page.getByTestId("selected").waitFor();
    // The line as the address has it, in thousandths of the map.
    await page.waitForURL(/area=/);
    const area = new URL(page.url().replace("#/", "")).searchParams.get("area").split("_").map((p) => p.split("~").map((v) => v / 1000));
    const inside = [...names.keys()].filter((cell) => {
      const [x, y] = [xy[2 * cell] / 65535, xy[2 * cell + 1] / 65535];
      let odd = false;
      area.forEach(([ax, ay], i) => {
        const [bx, by] = area.at(i - 1);
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
      });
      return odd;
    });
    assert.ok(inside.length > 20 && inside.length < names.length);
    assert.ok((await page.getByTestId("selected-count").innerText()).startsWith(inside.length.toLocaleString("en-US")));
    const rows = csv(await saved(page, page.getByRole("button", { name: "CSV of the cells" }), "lasso.csv"));
    assert.deepEqual(rows.map((row) => row.cell), inside.map((cell) => names[cell]));
    assert.deepEqual(rows.map((row) => row[primary.name]), inside.map(labelOf));
    for (const line of await page.getByTestId("selected-labels").locator("tbody tr").all()) {
      const [label, cells] = await line.locator("td").allInnerTexts();
      assert.equal(Number(cells.replace(",", "")), inside.filter((cell) => labelOf(cell) === label).length, label);
    }

    // Concepts active here: lift of the active share against all cells.
    await page.getByTestId("concepts-here").click();
    const here = page.getByTestId("here");
    await here.waitFor();
    const table = csv(await saved(page, page.locator(".here").getByRole("button", { name: "CSV" }), "here.csv"));
    assert.ok(table.length > 3);
    for (const row of [table[0], table.at(-1)]) {
      const values = active(Number(row.concept));
      const count = inside.filter((cell) => values.has(cell)).length;
      assert.equal(Number(row.active_selected_cells), count);
      const lift = count / inside.length / (values.size / names.length);
      assert.ok(Math.abs(Number(row.lift) - lift) < 1e-9 * Math.max(1, lift));
    }
    assert.ok(table.every((row, i) => i === 0 || Number(table[i - 1].lift) >= Number(row.lift)));
    await page.screenshot({ path: screenshot("map-selected") });

    // The address is enough to see it again.
    await page.reload();
    await page.getByTestId("selected-count").filter({ hasText: inside.length.toLocaleString("en-US") }).waitFor();
    await map(page).focus();
    await page.keyboard.press("Escape");
    await page.getByTestId("selected").waitFor({ state: "detached" });
  });
});

test("wheel, double click, drag, keys and buttons move the map, and the address follows", async () => {
  await visit(folder, "#/", async (page) => {
    const [cell] = alone(1);
    const [x, y] = await screen(page, cell);
    await page.waitForTimeout(400);
    const zoom = async (pattern) => {
      await page.waitForURL(pattern);
      return new URL(page.url().replace("#/", "")).searchParams.get("map")?.split(",").map(Number);
    };
    const scrolled = await page.evaluate(() => scrollY);
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, -400);
    const first = await zoom(/map=/);
    assert.ok(Math.abs(first[2] - Math.exp(0.6)) < 0.01, String(first));
    assert.equal(await page.evaluate(() => scrollY), scrolled);
    // What was under the pointer is still there.
    await page.mouse.move(x + 1, y);
    await page.getByTestId("cell-tip").filter({ hasText: names[cell] }).waitFor();

    await page.mouse.dblclick(x, y);
    const second = await zoom(new RegExp(`map=(?!.*${first[2]}$)`));
    assert.ok(second[2] > first[2]);
    await drag(page, [[x, y], [x + 90, y + 30]]);
    await page.waitForTimeout(500);
    const third = await zoom(/map=/);
    assert.ok(third[0] < second[0] && third[1] > second[1] && third[2] === second[2], `${second} ${third}`);

    await map(page).focus();
    await page.keyboard.press("0");
    await page.waitForURL((url) => !url.href.includes("map="));
    await page.keyboard.press("+");
    assert.ok(Math.abs((await zoom(/map=/))[2] - 1.6) < 0.01);
    await page.keyboard.press("ArrowRight");
    await page.getByTestId("cell-spoken").filter({ hasText: /\w/ }).waitFor();
    const spoken = (await page.getByTestId("cell-spoken").textContent()).split(", ");
    assert.equal(spoken[0], labelOf(names.indexOf(spoken.at(-1))));
    await page.keyboard.press("-");
    await page.waitForURL((url) => !url.href.includes("map="));
    await page.getByRole("button", { name: "Nearer" }).first().click();
    await zoom(/map=/);
    await page.getByRole("button", { name: "Whole map" }).first().click();
    await page.waitForURL((url) => !url.href.includes("map="));
  });
});

test("the key is that of what colours the map, and a label can be seen alone or hidden", async () => {
  const concept = index.rows.find((row) => row.cells > 20).id;
  await visit(folder, "#/", async (page) => {
    const key = page.locator(".ogrid .legend");
    const label = key.locator("li .lg").first();
    const name = (await label.locator("span").first().innerText()).trim();
    await label.click();
    await page.waitForURL(/labels=/);
    await page.getByRole("button", { name: "Select what is seen" }).first().click();
    const count = primary.counts[primary.labels.indexOf(name)].toLocaleString("en-US");
    await page.getByTestId("selected-count").filter({ hasText: `${count} of` }).waitFor();
    await page.waitForURL(/area=/);
    await page.reload();
    await page.getByTestId("selected-count").filter({ hasText: `${count} of` }).waitFor();
    await label.click();
    await key.getByRole("button", { name: `Hide ${name}` }).click();
    const rest = (names.length - primary.counts[primary.labels.indexOf(name)]).toLocaleString("en-US");
    await page.getByTestId("selected-count").filter({ hasText: `${rest} of` }).waitFor();

    await page.getByLabel("Colour cells by").selectOption(`C${concept}`);
    const ramp = key.locator(".rampkey");
    await ramp.waitFor();
    const values = [...active(concept).values()];
    const said = (await ramp.locator("span").allInnerTexts()).filter(Boolean).map(Number);
    assert.ok(Math.abs(said.at(-1) - Math.max(...values)) < 0.01 && Math.abs(said.at(-2) - Math.min(...values)) < 0.01, String(said));
  });
  // On a concept's page the ramp goes when a column colours the map.
  await visit(folder, `#/concept/${concept}`, async (page) => {
    const figure = page.locator("#cells figure").first();
    await figure.locator(".rampkey").waitFor();
    const second = figure.locator("header .seg button").nth(1);
    await second.click();
    await figure.locator(".rampkey").waitFor({ state: "detached" });
    assert.equal(await figure.locator(".legend .lg").count() > 1, true);
  });
});

test("a measurement of the cells colours the map as the data have it, with its name and range", async () => {
  const [column] = metadata.numbers;
  const values = [...tensor(join(bundle, "cells/numbers.00.safetensors"), "codes")].map((code) => (code === 65535 ? null : column.least + code * column.step));
  const said = (value) => (Math.abs(value) >= 1000 ? value.toFixed(0) : value.toFixed(2));
  const asked = [];
  await visit(folder, "#/", async (page) => {
    page.on("request", (request) => request.url().includes("numbers.") && asked.push(request.url()));
    await page.getByLabel("Colour cells by").selectOption(`number:${column.name}`);
    const key = page.getByTestId("number-key");
    await key.waitFor();
    assert.equal(asked.length, 1, "the column's file is fetched when it is asked for");
    assert.match(await key.innerText(), new RegExp(`${column.name.replaceAll("_", " ")}[\\s\\S]*${said(column.least)} to ${said(column.most)} in all cells`));
    const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
    const [low, high] = [sorted[Math.floor(sorted.length / 100)], sorted[sorted.length - 1 - Math.floor(sorted.length / 100)]];
    assert.deepEqual(await key.locator(".rampkey span").allInnerTexts(), [`≤ ${said(low)}`, `≥ ${said(high)}`]);
    await page.waitForURL(/by=number/);

    // A cell says its value; the file of a selection holds all of them.
    await map(page).focus();
    await page.getByRole("button", { name: "Select what is seen" }).first().click();
    await page.getByTestId("selected-count").filter({ hasText: `${names.length.toLocaleString("en-US")} of` }).waitFor();
    const rows = csv(await saved(page, page.getByRole("button", { name: "CSV of the cells" }), "numbers.csv"));
    const by = new Map(rows.map((row) => [row.cell, row[column.name]]));
    names.forEach((name, cell) => assert.equal(by.get(name), values[cell] === null ? "" : String(values[cell]), name));
    const svg = readFileSync(await saved(page, page.getByRole("button", { name: "SVG" }).first(), "number.svg"), "utf8");
    assert.ok(svg.includes(column.name.replaceAll("_", " ")) && svg.includes(`≤ ${said(low)} to ≥ ${said(high)}`));
  });
});

test("names lie beside groups, never over cells", async () => {
  await visit(folder, "#/", async (page) => {
    await map(page).locator(".tag").first().waitFor();
    const { width, tags } = await map(page).evaluate((element) => {
      const outer = element.getBoundingClientRect();
      const tags = [...element.querySelectorAll(".tag")].map((tag) => {
        const { left, top, width, height } = tag.getBoundingClientRect();
        return { text: tag.innerText, x: left - outer.left, y: top - outer.top, width, height };
      });
      return { width: outer.width, tags };
    });
    assert.ok(width > 400 && tags.length > 2);
    const places = [];
    for (let cell = 0; cell < names.length; cell += 1) places.push(cell);
    const [, , box] = await screen(page, 0);
    const at = (cell) => [(xy[2 * cell] / 65535) * (box.width - 10) + 5, (1 - xy[2 * cell + 1] / 65535) * (box.height - 10) + 5];
    for (const tag of tags) {
      const under = places.filter((cell) => {
        const [x, y] = at(cell);
        return x > tag.x && x < tag.x + tag.width && y > tag.y && y < tag.y + tag.height;
      });
      assert.equal(under.length, 0, tag.text);
    }
  });
});

test("SVG and PNG hold the cells, the names and the key", async () => {
  await visit(folder, "#/", async (page) => {
    const svg = readFileSync(await saved(page, page.getByRole("button", { name: "SVG" }).first(), "map.svg"), "utf8");
    assert.equal(svg.match(/M[\d.]+ [\d.]+h0/g).length, names.length);
    for (const label of primary.labels.slice(0, 3)) assert.ok(svg.includes(label.replaceAll("&", "&amp;")), label);
    const png = readFileSync(await saved(page, page.getByRole("button", { name: "PNG" }).first(), "map.png"));
    assert.deepEqual([...png.subarray(1, 4)], [...Buffer.from("PNG")]);
    const box = await map(page).boundingBox();
    assert.ok(Math.abs(png.readUInt32BE(16) - 2 * (box.width + 210)) <= 2);
  });
});

// Colours of the canvas that many pixels have.
const colours = (page) =>
  map(page).locator("canvas").evaluate((canvas) => {
    const copy = document.createElement("canvas");
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const context = copy.getContext("2d");
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    const counts = new Map();
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] < 250) continue;
      const key = `${data[i]},${data[i + 1]},${data[i + 2]}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return [...counts].filter(([, n]) => n > 100).map(([key]) => key);
  });

test("forced colours leave the data its colours; without WebGL the same map is drawn", async () => {
  await visit(folder, "#/", async (page) => {
    assert.ok((await colours(page)).length >= 4);
    await page.screenshot({ path: screenshot("map-forced") });
  }, wide, { forcedColors: "active" });
  let painted;
  await visit(folder, "#/", async (page) => (painted = await colours(page)));
  await visit(folder, "#/", async (page) => {
    assert.equal(await map(page).locator("canvas").getAttribute("data-painter"), "canvas");
    const here = await colours(page);
    assert.ok(painted.filter((colour) => here.includes(colour)).length >= 4, `${painted} / ${here}`);
    const [cell] = alone(1);
    const [x, y] = await screen(page, cell);
    await page.mouse.move(x, y);
    await page.getByTestId("cell-tip").filter({ hasText: names[cell] }).waitFor();
  }, wide, {}, plain);
});

test("two fingers enlarge the map on a phone, one scrolls the page", async () => {
  await visit(folder, "#/", async (page) => {
    const [x, y] = await screen(page, alone(1)[0]);
    const touch = await page.context().newCDPSession(page);
    const at = (spread) => [{ x: x - spread, y, id: 1 }, { x: x + spread, y, id: 2 }];
    await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(20) });
    for (const spread of [28, 36, 44, 60]) await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(spread) });
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await page.waitForURL(/map=/);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= narrow.width, `${width} pixels`);
    await page.screenshot({ path: screenshot("map-390") });
  }, narrow, { hasTouch: true, isMobile: true });
});

// What a visit once met, so that nobody meets it again. Findings, and the tests that hold them:
//
// |  1 | failed or pending data drawn as silence; one file refuses all | here: "what is on its way", "a file that does not come"; beside: "a figure that did not arrive" |
// |  2 | a white page until the program runs                           | here: "before the program runs"; parts: "a part that does not arrive" |
// |  3 | focus and place are lost                                      | around: "a new page has the focus"; parts: "a concept that is linked to" |
// |  4 | the map is a picture, its key of another colouring            | map: all; "the key is that of what colours the map" |
// |  5 | search finds winners only                                     | around: "the box suggests by kind", "genes are found by identifier", "every concept with a set" |
// |  6 | badges contradict                                             | here: "a set is as certain on one page as on another"; reading: "what is said to stand" |
// |  7 | a gene's card below the screen; pages too wide at 320         | gene: "on a phone a gene's description"; here: "no page is wider than 320 pixels" |
// |  8 | print loses bars; from dark, black                            | own: "paper is light" |
// |  9 | a label is kept, and the card says there is none              | own: "a label is seen at once" |
// | 10 | one number here, another there                                | here: "what is counted on one page is what another lists" |
// | 11 | a list without end, letters, nothing found is blank           | here: "genes are listed some at a time, in any letters" |
// | 12 | a slash in a field; Copy link says nothing                    | own: "a slash goes to the box", "the bundle is cited" |
// | 13 | forced colours: black map                                     | map: "forced colours leave"; here: "forced colours leave bars" |
// | 14 | a concept's page jumps                                        | own: "nothing jumps" |
// | 15 | a chip, and a concept from the list, take long                | here: "an answer comes within a tenth of a second" |
// | 16 | another bundle keeps the concept's number                     | here: "another bundle begins at its overview" |
// | 17 | axe: region, heading-order, landmark-unique                   | here: "landmarks and headings" |
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { headed, needed, openBrowser, openPage, visitPage } from "./lib/browser.mjs";
import { staticServer } from "./lib/servers.mjs";
import { json, stem } from "./lib/tensors.mjs";

const bundle = needed("CELLPRISM_BUNDLE");
const index = json(bundle, "concepts/index.json");
const genes = json(bundle, "genes/index.json");
const alive = index.rows.filter((row) => row.cells > 0).sort((a, b) => b.cells - a.cells);
const most = alive[0].id;

let browser;
let server;
let work;
let two;

before(async () => {
  browser = await openBrowser();
  server = await staticServer(needed("CELLPRISM_SITE"));
  work = mkdtempSync(join(tmpdir(), "cellprism-visit-"));
  // a site of two bundles
  const site = join(work, "site");
  cpSync(needed("CELLPRISM_SITE"), site, { recursive: true });
  const list = json(site, "bundles/index.json");
  cpSync(join(site, list[0].path), join(site, "bundles/another"), { recursive: true });
  writeFileSync(join(site, "bundles/index.json"), JSON.stringify([list[0], { ...list[0], name: "another", title: "Another", path: "bundles/another/" }]));
  two = await staticServer(site);
});

after(async () => {
  await browser?.close();
  await server?.close();
  await two?.close();
  rmSync(work, { recursive: true });
});

const visit = (address, look, viewport, options) => visitPage(browser, server, address, headed, look, viewport, options);

// A page on which requests may fail.
async function troubled(address, look, prepare) {
  const { page, close } = await openPage(browser, server.origin);
  try {
    await prepare?.(page);
    await page.goto(`${server.url}${address}`);
    await look(page);
  } finally {
    await close();
  }
}

const activations = /concepts\/[^/]*\.safetensors/;

test("what is on its way is said to be, what does not come is said and asked for again, neither is drawn as silence", async () => {
  let answer;
  const held = new Promise((resolve) => (answer = resolve));
  await troubled(`#/?by=C${most}`, async (page) => {
    await page.getByRole("status").filter({ hasText: `Loading C${most}` }).waitFor();
    assert.equal(await page.locator(".ogrid .rampkey").count(), 0);
    answer();
    await page.locator(".ogrid .rampkey").waitFor();
  }, (page) => page.route(activations, async (route) => { await held; await route.continue(); }));

  let broken = true;
  await troubled(`#/?by=C${most}`, async (page) => {
    const said = page.getByRole("alert").filter({ hasText: `C${most} could not be loaded; the map shows no values` });
    await said.waitFor();
    assert.equal(await page.locator(".ogrid .rampkey").count(), 0);
    const minis = page.locator(".minis li");
    await minis.first().getByText("could not be loaded").waitFor();
    broken = false;
    await said.getByRole("button", { name: "Try again" }).click();
    await page.locator(".ogrid .rampkey").waitFor();
  }, (page) => page.route(activations, (route) => (broken ? route.abort() : route.continue())));
});

test("a file that does not come takes its own part of the page with it, and nothing else", async () => {
  const fail = (pattern) => (page) => page.route(pattern, (route) => route.fulfill({ status: 404, body: "none" }));
  // the map
  await troubled("#/", async (page) => {
    await page.getByRole("alert").filter({ hasText: "The map of cells could not be loaded" }).waitFor();
    assert.equal((await page.getByTestId("verdict").innerText()).trim(), index.verdict);
    await page.goto(`${server.url}#/concept/${most}`);
    await page.getByTestId("presence").locator("tbody tr").first().waitFor();
    await page.goto(`${server.url}#/concepts`);
    await page.locator(".clist .idl").first().waitFor();
  }, fail(/umap\.safetensors|first\/cells/));
  // metrics
  await troubled("#/", async (page) => {
    await page.getByRole("alert").filter({ hasText: "The metrics could not be loaded" }).waitFor();
    await page.getByTestId("verdict").waitFor();
    assert.equal(await page.locator(".umap.live").count(), 1);
  }, fail(/evaluation\/metrics\.json/));
  // names of cells, descriptions of genes
  await troubled(`#/concept/${most}`, async (page) => {
    await page.getByTestId("presence").locator("tbody tr button").first().hover();
    await page.getByTestId("gene-description").filter({ hasText: "could not be loaded" }).waitFor();
  }, fail(/genes\/descriptions/));
  // readings of one concept
  await troubled(`#/concept/${most}`, async (page) => {
    await page.getByRole("alert").filter({ hasText: `C${most} could not be loaded` }).waitFor();
    await page.getByRole("link", { name: "Overview" }).first().click();
    await page.getByTestId("verdict").waitFor();
  }, fail(new RegExp(`concepts/${stem(most)}\\.(json|first)|first/concepts?/`)));
  // what no page can be without: the bundle is refused, with the file's name
  await troubled("#/", (page) => page.getByRole("alert").filter({ hasText: "concepts/index.json" }).waitFor(), fail(/concepts\/index\.json/));
});

test("the bundle's and a concept's first words are read before the program runs, and nothing jumps when it does", async () => {
  const index = json(bundle, "concepts/index.json");
  const detail = json(bundle, `concepts/${stem(most)}.json`);
  const { title } = json(bundle, "manifest.json");
  const held = async (address, look, then) => {
    let answer;
    const wait = new Promise((resolve) => (answer = resolve));
    await troubled(address, async (page) => {
      await look(page);
      answer();
      await page.locator("#boot").waitFor({ state: "detached" });
      await then?.(page);
    }, (page) => page.route(/app_bg\.wasm/, async (route) => { await wait; await route.continue(); }));
  };
  await held("", async (page) => {
    await page.locator("#greeting h1", { hasText: title }).waitFor();
    assert.equal(await page.locator("#greeting .said").innerText(), index.verdict);
  });
  await held(`#/concept/${most}`, async (page) => {
    const heading = page.locator("#boot .chead h1");
    await heading.waitFor();
    assert.equal((await heading.innerText()).replace(/\s+/g, " "), `C${most} ${detail.title}`);
    assert.equal((await page.locator("#boot .chead .lead").innerText()).replace(/\s+/g, " "), detail.verdict);
    assert.ok(!(await page.locator("#greeting").isVisible()), "the bundle's own words are those of the start page");
    await page.evaluate(() => {
      globalThis.untitled = 0;
      const look = () => {
        globalThis.untitled += document.querySelector(".chead h1") ? 0 : 1;
        requestAnimationFrame(look);
      };
      look();
    });
  }, async (page) => {
    await page.getByTestId("presence").waitFor();
    assert.equal(await page.evaluate(() => globalThis.untitled), 0, "a title that is read does not go away");
  });
  await held("#/genes", async (page) => {
    await page.locator("#boot-said").waitFor();
    assert.ok(!(await page.locator("#greeting").isVisible()));
  });
});

test("before the program runs there is a page, and where it cannot run, words", async () => {
  let answer;
  const held = new Promise((resolve) => (answer = resolve));
  await troubled("", async (page) => {
    await page.locator("#boot-said", { hasText: "Loading the page" }).waitFor();
    await page.locator("header .wordmark").first().waitFor();
    answer();
    await page.getByTestId("verdict").waitFor();
    assert.equal(await page.locator("#boot").count(), 0);
  }, (page) => page.route(/app_bg\.wasm/, async (route) => { await held; await route.continue(); }));
  await troubled("", (page) => page.getByRole("alert").filter({ hasText: "could not start" }).waitFor(), (page) => page.route(/app_bg\.wasm/, (route) => route.fulfill({ status: 404, body: "none" })));
  await troubled("", (page) => page.getByRole("alert").filter({ hasText: "runs no WebAssembly" }).waitFor(), (page) => page.addInitScript(() => delete globalThis.WebAssembly));
});

const words = (page, of) => page.locator(of).evaluateAll((rows) => rows.map((row) => [row.dataset.term ?? "", row.querySelector("[data-testid=certainty]")?.innerText ?? ""]));

test("a set is as certain on one page as on another, in the words of one scale", async () => {
  const own = alive.find((row) => row.labels?.presence) ?? alive[0];
  const label = own.labels.presence;
  await visit(`#/concept/${own.id}`, async (page) => {
    await page.getByTestId("pathways-presence").locator("tbody tr").first().waitFor();
    const here = new Map(await words(page, "[data-testid=pathways-presence] tbody tr"));
    for (const word of here.values()) assert.match(word, /^(stands|likely|a hint|as chance)$/);
    await page.goto(`${server.url}#/pathway/${encodeURIComponent(label.library)}/${encodeURIComponent(label.term)}`);
    const nearest = page.locator("tr", { has: page.getByRole("link", { name: `C${own.id}`, exact: true }) });
    await nearest.first().getByTestId("certainty").first().waitFor();
    assert.equal(await nearest.first().getByTestId("certainty").first().innerText(), here.get(label.term));
    await page.getByTestId("ask-every").click();
    const every = page.getByTestId("in-every").locator("tr", { has: page.getByRole("link", { name: `C${own.id}`, exact: true }) }).filter({ hasText: "has" });
    assert.equal(await every.first().getByTestId("certainty").innerText(), here.get(label.term));
    await page.goto(`${server.url}#/concepts?q=C${own.id}&show=all`);
    const row = page.locator(".clist tbody tr", { has: page.getByRole("link", { name: `C${own.id}`, exact: true }) });
    await row.getByTestId("certainty").first().waitFor();
    assert.ok((await row.getByTestId("certainty").allInnerTexts()).includes(here.get(label.term)));
  });
});

test("no page is wider than 320 pixels", async () => {
  const addresses = [
    "#/", `#/?by=C${most}`, "#/concepts", "#/concepts?paper=1", `#/concept/${most}`, `#/concept/${most}?paper=1`, "#/neurons", "#/neuron/0", "#/genes",
    `#/gene/${genes.symbols[0]}`, "#/search?q=regulation", "#/evaluation", "#/tasks", "#/compare", "#/compare?with=neurons", "#/labels", "#/study", "#/your-data", "#/train", "#/about", "#/nothing",
  ];
  await visit("", async (page) => {
    for (const address of addresses) {
      await page.goto(`${server.url}${address}`);
      await page.locator("h1:not(.vh)").first().waitFor();
      // filled, as far as it fills by itself
      await page.waitForFunction(() => !document.querySelector("main .loading"));
      const seen = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(seen <= 320, `${address}: ${seen} pixels`);
    }
  }, { width: 320, height: 800 });
});

test("what is counted on one page is what another lists", async () => {
  const figure = (page, name) => page.locator(".strip > div", { has: page.locator("dt", { hasText: name }) }).locator("dd").first();
  await visit("", async (page) => {
    const counts = {};
    await page.locator(".strip dd").first().waitFor();
    for (const [name, chip] of [["With a pathway that stands", "A pathway stands"], ["Mostly one kind of cell", "One kind of cell"]]) {
      if (await figure(page, name).count()) counts[chip] = Number((await figure(page, name).innerText()).split(/[\s/]/)[0].replaceAll(",", ""));
    }
    assert.ok(Object.keys(counts).length > 0);
    await page.goto(`${server.url}#/concepts`);
    for (const [chip, count] of Object.entries(counts)) {
      const button = page.getByRole("group", { name: "Filters" }).getByRole("button", { name: new RegExp(`^${chip}`) });
      assert.equal((await button.innerText()).match(/[\d,]+$/)[0].replaceAll(",", ""), String(count));
      await button.click();
      await page.getByTestId("count").filter({ hasText: new RegExp(`^${count.toLocaleString("en")}\\b`) }).waitFor();
    }
  });
});

test("genes are listed some at a time, in any letters", async () => {
  await visit("#/genes", async (page) => {
    const rows = page.locator("main tbody tr");
    await rows.first().waitFor();
    const first = await rows.count();
    assert.ok(first <= 50, `${first} rows`);
    assert.ok((await page.evaluate(() => document.documentElement.scrollHeight)) < 4000);
    const symbol = await rows.first().locator(".gene").first().innerText();
    const field = page.locator("main input").first();
    await field.fill(symbol.toLowerCase());
    await page.waitForURL(/q=/);
    await page.locator("main tbody tr .gene", { hasText: symbol }).first().waitFor();
    await page.goto(`${server.url}#/gene/${symbol.toLowerCase()}`);
    await page.locator("h1", { hasText: new RegExp(`^${symbol}$`) }).waitFor();
    // the start of a family
    await page.goto(`${server.url}#/search?q=${symbol.slice(0, 3).toLowerCase()}`);
    await page.locator("main", { hasText: symbol }).waitFor();
  });
});

// Milliseconds that this machine takes for work that takes a usual one about 10.
const pace = (page) =>
  page.evaluate(() => {
    const once = () => {
      const start = performance.now();
      const place = document.createElement("div");
      for (let i = 0; i < 6000; i += 1) place.appendChild(document.createElement("p")).textContent = `${i}`;
      document.body.append(place);
      void place.offsetHeight;
      place.remove();
      return performance.now() - start;
    };
    return [0, 0, 0, 0, 0].map(once).sort((a, b) => a - b)[2];
  });

test("an answer comes within a tenth of a second, on a machine of the usual pace", async () => {
  await visit("#/concepts", async (page) => {
    await page.locator(".clist .idl").first().waitFor();
    // the time from a click until what it changed is laid out
    const time = (click, changed) =>
      page.evaluate(async ([click, changed]) => {
        const [from, until] = [new Function(click), new Function(changed)];
        const start = performance.now();
        from();
        while (!until()) await new Promise((next) => setTimeout(next));
        void document.body.offsetHeight;
        return performance.now() - start;
      }, [click, changed]);
    const middle = (times) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
    const chip = (name) => `[...document.querySelectorAll(".filters .chip")].find((chip) => chip.textContent.startsWith("${name}"))`;
    const chips = [];
    for (const name of ["Mixed", "All", "Rare", "All", "Mixed"]) chips.push(await time(`${chip(name)}.click()`, `return ${chip(name)}.getAttribute("aria-pressed") === "true"`));
    const opened = [];
    for (let i = 0; i < 3; i += 1) {
      const start = await time(`document.querySelectorAll(".clist .idl")[${i}].click()`, `return document.querySelector("#presence, [data-testid=presence] tbody tr, .chead") !== null`);
      opened.push(start);
      await page.goBack();
      await page.locator(".clist .idl").first().waitFor();
    }
    const slow = Math.max(1, (await pace(page)) / 10);
    console.log(`# a filter ${middle(chips).toFixed(0)} ms, a concept's page ${middle(opened).toFixed(0)} ms, at ${slow.toFixed(1)} times the usual pace`);
    assert.ok(middle(chips) <= 100 * slow, `a filter takes ${middle(chips)} ms`);
    assert.ok(middle(opened) <= 100 * slow, `a concept takes ${middle(opened)} ms`);
  });
});

test("forced colours leave bars their colours", async () => {
  await visit("#/concepts", async (page) => {
    await page.locator(".clist .idl").first().waitFor();
    const bars = await page.locator(".stackbar i").evaluateAll((bars) => bars.map((bar) => [getComputedStyle(bar).forcedColorAdjust, getComputedStyle(bar).backgroundColor]));
    assert.ok(bars.length > 10);
    for (const [adjust] of bars) assert.equal(adjust, "none");
    assert.ok(new Set(bars.map(([, colour]) => colour)).size > 2);
  }, undefined, { forcedColors: "active" });
});

test("another bundle begins at its overview", async () => {
  const { page, close } = await openPage(browser, two.origin);
  await page.goto(`${two.url}#/concept/${most}`);
  await page.getByTestId("presence").locator("tbody tr").first().waitFor();
  await page.getByRole("combobox", { name: "Bundle" }).selectOption({ label: "another" });
  await page.waitForURL(/bundle=another/);
  await page.getByTestId("verdict").waitFor();
  assert.ok(!page.url().includes("concept/"), page.url());
  await close();
});

test("landmarks and headings: all content in one, in order, each with its own name", async () => {
  const addresses = ["#/", "#/concepts", `#/concept/${most}`, "#/neuron/0", "#/genes", `#/gene/${genes.symbols[0]}`, "#/evaluation", "#/compare", "#/study", "#/your-data", "#/train", "#/labels", "#/about"];
  await visit("", async (page) => {
    for (const address of addresses) {
      await page.goto(`${server.url}${address}`);
      await page.locator("h1:not(.vh)").first().waitFor();
      await page.waitForFunction(() => !document.querySelector("main .loading"));
      const found = await page.evaluate(() => {
        const seen = (element) => element.checkVisibility();
        const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(seen).map((h) => Number(h.tagName[1]));
        const named = (role, selector) => [...document.querySelectorAll(selector)].filter(seen).map((e) => `${role} ${e.getAttribute("aria-label") ?? e.getAttribute("aria-labelledby") ?? ""}`);
        const marks = [...named("nav", "nav"), ...named("region", "section[aria-label], [role=region]"), ...named("main", "main"), ...named("form", "form[aria-label]"), ...named("search", "search, [role=search]")];
        const outside = [...document.body.querySelectorAll("p, a, button, input, table")].filter((e) => seen(e) && !e.closest("header, nav, main, footer, aside, dialog, [role=search], .skip"));
        return { levels, marks, outside: outside.map((e) => e.outerHTML.slice(0, 80)) };
      });
      assert.equal(found.levels.filter((level) => level === 1).length, 1, `${address}: ${found.levels}`);
      found.levels.forEach((level, i) => assert.ok(i === 0 || level <= found.levels[i - 1] + 1, `${address}: heading ${i} of ${found.levels}`));
      const twice = found.marks.filter((mark, i) => found.marks.indexOf(mark) !== i);
      assert.deepEqual(twice, [], `${address}: landmarks of one name`);
      assert.deepEqual(found.outside, [], `${address}: outside of landmarks`);
    }
  });
});

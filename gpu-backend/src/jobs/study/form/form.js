// The blinded form. Everything it shows is in this page; answers stay in the browser until they are saved to a file.
"use strict";
(() => {
  const { study, title, items, names } = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const form = byId("form");
  const QUESTIONS = ["cell_type", "tissue", "process"];
  const WHAT = { cell_type: "the cell type", tissue: "the tissue", process: "the process" };
  const KEYS = { 1: ["cell_type", "no"], 2: ["cell_type", "yes"], 3: ["tissue", "no"], 4: ["tissue", "yes"], 5: ["process", "no"], 6: ["process", "unclear"], 7: ["process", "yes"] };

  // ---------------------------------------------------------------- what is kept

  const place = (rater) => `cellprism-study/${study}/${rater}`;
  const last = `cellprism-study/${study}`;
  let keeps = true;
  const keep = (key, value) => {
    try { localStorage.setItem(key, value); } catch { keeps = false; }
  };
  const kept = (key) => {
    try { return localStorage.getItem(key); } catch { keeps = false; return null; }
  };
  // A rater's answers by item: `saved` is exported, `draft` is what is not saved yet.
  let rater = "";
  let record = {};
  const load = (name) => {
    try { return JSON.parse(kept(place(name))) ?? {}; } catch { return {}; }
  };
  const store = () => keep(place(rater), JSON.stringify(record));
  const savedOf = (all) => items.filter(({ item }) => all[item]?.saved).length;

  // ---------------------------------------------------------------- time that an item is looked at

  let since = 0;
  const look = () => { since = document.hidden ? 0 : performance.now(); };
  const looked = () => {
    const entry = current();
    if (entry && since) entry.seconds = (entry.seconds ?? 0) + (performance.now() - since) / 1000;
    since = 0;
  };
  document.addEventListener("visibilitychange", () => { looked(); if (rater) store(); if (!document.hidden) look(); });

  // ---------------------------------------------------------------- which item

  let at = -1;
  const current = () => (at < 0 ? null : (record[items[at].item] ??= {}));

  function open(place) {
    looked();
    at = place;
    byId("start").hidden = true;
    byId("item").hidden = false;
    byId("leave").hidden = false;
    show(items[at]);
    fill(current().draft ?? current().saved ?? {});
    progress();
    since = 0;
    look();
    byId("item-title").focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  function start() {
    looked();
    at = -1;
    byId("start").hidden = false;
    byId("item").hidden = true;
    byId("leave").hidden = true;
    document.title = `${title} · cellprism`;
    overview();
  }

  const go = (place) => { location.hash = place < 0 ? "" : `#${items[place].item}`; };
  function follow() {
    const place = items.findIndex(({ item }) => `#${item}` === location.hash);
    if (place >= 0 && rater) open(place);
    else start();
  }
  addEventListener("hashchange", follow);

  // ---------------------------------------------------------------- what an item shows

  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const level = (score) => (score <= 0 ? 0 : 1 + [0.1, 0.25, 0.5, 0.75].filter((bound) => score >= bound).length);

  function show({ genes }) {
    byId("item-title").textContent = `Item ${at + 1} of ${items.length}`;
    document.title = `Item ${at + 1} of ${items.length} · cellprism`;
    byId("cells").textContent = genes[0]?.cells.length ?? 0;
    const most = Math.max(...genes.map(({ mean }) => mean), 1e-9);
    byId("genes").tBodies[0].replaceChildren(...genes.map((gene) => geneRow(gene, most)));
  }

  function geneRow({ gene, mean, cells }, most) {
    const known = names[gene];
    const row = element("tr");
    const link = element("a", "", gene);
    link.href = known?.ncbi ? `https://www.ncbi.nlm.nih.gov/gene/${encodeURIComponent(known.ncbi)}` : `https://www.ncbi.nlm.nih.gov/gene/?term=${encodeURIComponent(`${gene}[sym] AND human[orgn]`)}`;
    link.target = "_blank";
    link.rel = "noreferrer";
    link.title = known ? `${known.name}: NCBI Gene, in a new tab` : "NCBI Gene, in a new tab";
    const symbol = element("th", "gn");
    symbol.scope = "row";
    symbol.append(link);
    const name = element("td", "gd", known?.name ?? "");
    name.title = known?.name ?? "";
    const bar = element("td", "sb");
    const track = element("div", "bar");
    const fill = element("i");
    fill.style.width = `${Math.max(mean / most, 0) * 100}%`;
    track.append(fill);
    track.setAttribute("aria-hidden", "true");
    bar.append(track);
    const number = element("td", "n", (mean * 100).toFixed(1));
    const heat = element("td", "heat");
    const squares = element("div");
    squares.setAttribute("aria-hidden", "true");
    squares.append(...cells.map((score) => {
      const square = element("i", score < 0 ? "neg" : `l${level(score)}`);
      square.title = score.toFixed(2);
      return square;
    }));
    heat.append(element("span", "vh", cells.map((score) => score.toFixed(2)).join(", ")), squares);
    row.append(symbol, name, bar, number, heat);
    return row;
  }

  // ---------------------------------------------------------------- the questions

  const chosen = (name) => form.elements[name].value;
  const text = (name) => form.elements[`${name}_text`];

  function fill(answer) {
    form.reset();
    for (const name of QUESTIONS) {
      form.elements[name].value = answer[name]?.answer ?? "";
      text(name).value = answer[name]?.which ?? answer[name]?.text ?? "";
    }
    form.elements.confidence.value = answer.confidence ?? "";
    update();
    byId("draft").textContent = current().draft ? "Draft kept in this browser" : current().saved ? "Saved" : "";
  }

  function read() {
    const which = (name) => ({ answer: chosen(name), which: chosen(name) === "yes" ? text(name).value.trim() : "" });
    return {
      cell_type: which("cell_type"),
      tissue: which("tissue"),
      process: { answer: chosen("process"), text: chosen("process") === "no" ? "" : text("process").value.trim() },
      confidence: Number(chosen("confidence")) || null,
    };
  }

  // What is missing before an item can be saved: in words, and the field to go to.
  function missing() {
    const found = [];
    QUESTIONS.forEach((name, i) => {
      const answer = chosen(name);
      if (!answer) found.push([`answer question ${i + 1}`, form.elements[name][0]]);
      else if (answer !== "no" && !text(name).value.trim()) found.push([`name ${WHAT[name]}`, text(name)]);
    });
    if (!chosen("confidence")) found.push(["say how sure you are", form.elements.confidence[0]]);
    return found;
  }

  function update() {
    for (const name of QUESTIONS) {
      form.querySelector(`[data-question=${name}] .more`).hidden = !chosen(name) || chosen(name) === "no";
    }
    const left = missing();
    byId("save").setAttribute("aria-disabled", String(left.length > 0));
    const begun = QUESTIONS.some(chosen) || chosen("confidence");
    byId("missing").textContent = begun && left.length ? `To save: ${left.map(([words]) => words).join(", ")}` : "";
    byId("save").textContent = at + 1 < items.length ? `Save and go to ${at + 2}` : "Save and finish";
  }

  function changed() {
    current().draft = read();
    store();
    update();
    byId("draft").textContent = keeps ? "Draft kept in this browser" : "Not kept by this browser";
  }
  form.addEventListener("input", changed);

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [first] = missing();
    if (first) {
      byId("missing").textContent = `To save: ${missing().map(([words]) => words).join(", ")}`;
      first[1].focus();
      return;
    }
    looked();
    const entry = current();
    entry.saved = { ...read(), at: new Date().toISOString() };
    delete entry.draft;
    store();
    go(at + 1 < items.length ? at + 1 : -1);
  });

  // ---------------------------------------------------------------- how far one is

  function progress() {
    const saved = savedOf(record);
    byId("ticks").setAttribute("aria-valuemax", items.length);
    byId("ticks").setAttribute("aria-valuenow", saved);
    byId("ticks").replaceChildren(...items.map(({ item }, i) => element("i", [record[item]?.saved && "done", i === at && "now"].filter(Boolean).join(" "))));
    byId("progress").textContent = `${saved} saved, ${items.length - saved} to go`;
    byId("previous").disabled = at === 0;
    byId("next").disabled = at + 1 === items.length;
  }

  function overview() {
    const known = load(byId("rater").value.trim());
    const saved = savedOf(known);
    byId("go").textContent = saved === 0 ? "Start" : saved < items.length ? "Go on" : "Look through";
    byId("kept").textContent = saved ? `${saved} of ${items.length} saved in this browser${saved === items.length ? ": all done. Save them to a file and send it back. Thank you." : "."}` : "";
    byId("export").hidden = saved === 0;
    byId("export").classList.toggle("primary", saved === items.length);
    byId("go").classList.toggle("primary", saved < items.length);
    byId("unkept").hidden = keeps;
  }
  byId("rater").addEventListener("input", overview);

  function enter() {
    const name = byId("rater").value.trim();
    if (!name) return false;
    if (name !== rater || keeps) record = load(name);
    rater = name;
    keep(last, rater);
    return true;
  }
  byId("who").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!enter()) return;
    const next = items.findIndex(({ item }) => !record[item]?.saved);
    const place = next < 0 ? 0 : next;
    if (location.hash === `#${items[place].item}`) open(place);
    else go(place);
  });

  // ---------------------------------------------------------------- out and in

  byId("export").addEventListener("click", () => {
    if (!enter()) return;
    const answers = items.filter(({ item }) => record[item]?.saved).map(({ item }) => {
      const { saved, seconds } = record[item];
      return { item, ...saved, seconds: Math.round((seconds ?? 0) * 10) / 10 };
    });
    const content = JSON.stringify({ study, rater, answers }, null, 1);
    const link = element("a");
    link.href = URL.createObjectURL(new Blob([content], { type: "application/json" }));
    link.download = `answers-${rater.replaceAll(/[^\p{L}\p{N}-]+/gu, "-")}-${study}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });

  byId("import").addEventListener("change", async () => {
    const say = (words) => { byId("imported").textContent = words; };
    try {
      const found = JSON.parse(await byId("import").files[0].text());
      if (found.study !== study) return say("These are answers to another study.");
      const all = load(found.rater);
      let added = 0;
      for (const { item, seconds, ...saved } of found.answers) {
        if (items.some((known) => known.item === item) && !all[item]?.saved) {
          all[item] = { saved, seconds };
          added += 1;
        }
      }
      keep(place(found.rater), JSON.stringify(all));
      byId("rater").value = found.rater;
      overview();
      say(`${added} answers of ${found.rater} added.`);
    } catch {
      say("This is no file of answers.");
    }
  });

  // ---------------------------------------------------------------- keys and buttons

  byId("previous").addEventListener("click", () => at > 0 && go(at - 1));
  byId("next").addEventListener("click", () => at + 1 < items.length && go(at + 1));
  byId("leave").addEventListener("click", () => go(-1));
  for (const [id, averages] of [["samples", false], ["average", true]]) {
    byId(id).addEventListener("click", () => {
      byId("genes").classList.toggle("averages", averages);
      byId("samples").setAttribute("aria-pressed", String(!averages));
      byId("average").setAttribute("aria-pressed", String(averages));
    });
  }
  byId("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    keep("theme", root.dataset.theme);
  });

  addEventListener("keydown", (event) => {
    if (at < 0) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    const typing = document.activeElement.matches("textarea, input:not([type=radio])");
    if (typing) {
      if (event.key === "Escape") byId("item-title").focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const digit = event.code.match(/^(?:Digit|Numpad)(\d)$/)?.[1];
    if (digit && event.shiftKey && digit >= 1 && digit <= 5) answer("confidence", digit);
    else if (digit && !event.shiftKey && KEYS[digit]) answer(...KEYS[digit]);
    else if (event.key === "[") byId("previous").click();
    else if (event.key === "]") byId("next").click();
    else return;
    event.preventDefault();
  });

  function answer(name, value) {
    form.elements[name].value = value;
    changed();
    if (name !== "confidence" && value !== "no" && !text(name).value) text(name).focus();
  }

  // ---------------------------------------------------------------- begin

  byId("title").textContent = "Blinded study";
  byId("start-title").textContent = title;
  document.querySelectorAll(".count").forEach((place) => { place.textContent = items.length; });
  byId("genes").classList.toggle("unnamed", Object.keys(names).length === 0);
  byId("rater").value = kept(last) ?? "";
  if (byId("rater").value) enter();
  follow();
})();

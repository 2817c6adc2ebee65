// What is read of a concept before the program runs: its title and verdict, where the site has them (heads/NN.json).
const LEVEL = { strong: "b", gene: "span" };

// Words in their styles, as elements.
function words(element, pieces) {
  for (const { text, style } of pieces) {
    if (!LEVEL[style]) {
      element.append(text);
      continue;
    }
    const part = document.createElement(LEVEL[style]);
    if (style === "gene") part.className = "gene";
    part.textContent = text;
    element.append(part);
  }
  return element;
}

function made(tag, className, ...inside) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...inside);
  return element;
}

// Milliseconds that the program waits for them: on a slow line they are read while it comes.
const PATIENCE = 300;

// Shows them in place of the skeleton's heading, if they come in time; the skeleton waits, so that nothing jumps.
export async function head() {
  const root = document.documentElement;
  if (root.dataset.at !== "concept") return;
  const late = new Promise((done) => setTimeout(done, PATIENCE));
  await Promise.race([show(root), late]);
  delete root.dataset.at;
}

async function show(root) {
  const id = Number(/\d+/.exec(location.hash)?.[0]);
  const greeting = document.getElementById("greeting");
  // `site` says how many concepts there are heads of, `serve` writes none
  if (!(id < Number(greeting?.dataset.concepts ?? 0))) return;
  try {
    const answer = await fetch(`./heads/${String(Math.floor(id / 100)).padStart(2, "0")}.json`);
    if (!answer.ok) return;
    const found = (await answer.json()).find((one) => one.id === id);
    const place = document.getElementById("hero");
    if (!found || !place || root.dataset.at !== "concept") return;
    const name = made("span", "cid", `C${id}`);
    const title = words(made("h1", "", name, " "), found.title);
    const eyebrow = made("div", "row between", made("p", "eyebrow", `Concepts / C${id}`));
    const names = made("div", "row between title", made("div", "names", title));
    place.replaceWith(made("div", "chead", eyebrow, names, words(made("p", "lead", ""), found.verdict)));
    greeting.remove();
  } catch { /* the program says what is wrong */ }
}

// A site whose bundle has as many cells as one likes, made of a small one: its cells again and again, each a little aside on the
// map, with the labels and activations of the cell that it was. For measuring the explorer; no number in it means anything.
//
//     node tests/bench/many_cells.mjs SITE CELLS OUT
//
// SITE is what `cellprism site` wrote of a small bundle (below 10,000 cells). The files of the first view are made as the program
// makes them, with checksums; `concepts/NNNN.first.safetensors` is left out, and concept pages load complete files.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [site, cells, out] = process.argv.slice(2);
const n = Number(cells);
rmSync(out, { recursive: true, force: true });
cpSync(site, out, { recursive: true });
const name = readdirSync(join(out, "bundles")).find((entry) => existsSync(join(out, "bundles", entry, "manifest.json")));
const bundle = join(out, "bundles", name);
const json = (file) => JSON.parse(readFileSync(join(bundle, file)));
const manifest = json("manifest.json");
const few = manifest.counts.cells;
const types = { F32: Float32Array, U32: Uint32Array, U16: Uint16Array, U8: Uint8Array };

function tensors(file) {
  const data = readFileSync(join(bundle, file));
  const length = Number(data.readBigUInt64LE(0));
  const header = JSON.parse(data.subarray(8, 8 + length));
  delete header.__metadata__;
  return Object.fromEntries(Object.entries(header).map(([key, { dtype, shape, data_offsets: [from, to] }]) => [
    key, { dtype, shape, values: new types[dtype](new Uint8Array(data.subarray(8 + length + from, 8 + length + to)).buffer) },
  ]));
}

function put(file, bytes) {
  writeFileSync(join(bundle, file), bytes);
  for (const packed of [".gz", ".br"]) rmSync(join(bundle, file + packed), { force: true });
  if (/\.(json|safetensors)$/.test(file)) {
    writeFileSync(join(bundle, `${file}.br`), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }));
  }
  if (!/^(concepts|neurons)\/\d/.test(file) && file !== "manifest.json") {
    manifest.files[file] = { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  }
}

function safetensors(all) {
  const header = {};
  let at = 0;
  // The larger elements first, as the library orders them.
  const order = Object.keys(all).sort((a, b) => all[b].values.BYTES_PER_ELEMENT - all[a].values.BYTES_PER_ELEMENT);
  for (const key of order) {
    const { dtype, shape, values } = all[key];
    header[key] = { dtype, shape, data_offsets: [at, at + values.byteLength] };
    at += values.byteLength;
  }
  let text = JSON.stringify(header);
  text += " ".repeat((8 - (text.length % 8)) % 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const content = order.map((key) => Buffer.from(all[key].values.buffer, all[key].values.byteOffset, all[key].values.byteLength));
  return Buffer.concat([length, Buffer.from(text), ...content]);
}

// The rows of the first view, as core/src/bundle/first/mod.rs draws them.
const mask = (1n << 64n) - 1n;
function splitmix(seed) {
  let z = (seed + 0x9e3779b97f4a7c15n) & mask;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
  return z ^ (z >> 31n);
}
const first = { cells: Math.min(n, 50_000), seed: 1 };
const rows = Uint32Array.from({ length: first.cells }, (_, i) => {
  const start = Math.floor((i * n) / first.cells);
  const end = Math.floor(((i + 1) * n) / first.cells);
  return start + Number(splitmix(BigInt(1 + i)) % BigInt(end - start));
});

const of = Uint32Array.from({ length: n }, (_, cell) => cell % few);
let state = 1;
const random = () => ((state = (state * 48271) % 2147483647) / 2147483647);
const gauss = () => (random() + random() + random() + random() - 2) * 1500;
const places = tensors("cells/umap.safetensors").xy.values;
const xy = new Uint16Array(2 * n);
for (let cell = 0; cell < n; cell += 1) {
  for (const axis of [0, 1]) xy[2 * cell + axis] = Math.max(0, Math.min(65535, Math.round(places[2 * of[cell] + axis] + (cell < few ? 0 : gauss()))));
}
put("cells/umap.safetensors", safetensors({ xy: { dtype: "U16", shape: [n, 2], values: xy } }));
const firstXy = Uint16Array.from({ length: 2 * first.cells }, (_, i) => xy[2 * rows[i >> 1] + (i & 1)]);
put("cells/first.safetensors", safetensors({ xy: { dtype: "U16", shape: [first.cells, 2], values: firstXy } }));

const metadata = json("cells/metadata.json");
const codes = tensors("cells/metadata.safetensors");
metadata.cells = n;
const all = {};
metadata.columns.forEach((column, place) => {
  const values = Uint16Array.from(of, (cell) => codes[column.name].values[cell]);
  column.counts = column.labels.map(() => 0);
  for (const code of values) if (code < column.labels.length) column.counts[code] += 1;
  all[column.name] = { dtype: "U16", shape: [n], values };
  const some = Uint16Array.from(rows, (row) => values[row]);
  put(`cells/first.${String(place).padStart(2, "0")}.safetensors`, safetensors({ codes: { dtype: "U16", shape: [some.length], values: some } }));
});
put("cells/metadata.safetensors", safetensors(all));
put("cells/metadata.json", Buffer.from(JSON.stringify(metadata)));
const names = json("cells/ids.json");
put("cells/ids.json", Buffer.from(JSON.stringify(Array.from(of, (cell, i) => `${names[cell]}-${Math.floor(i / few)}`))));

const times = n / few;
const index = json("concepts/index.json");
for (const row of index.rows) {
  const file = `concepts/${String(row.id).padStart(4, "0")}.safetensors`;
  row.cells = Math.round(row.cells * times);
  row.composition = row.composition.map(([code, count]) => [code, Math.round(count * times)]);
  if (!existsSync(join(bundle, file))) continue;
  const arrays = tensors(file);
  const active = new Map([...arrays.cells.values].map((cell, i) => [cell, arrays.activations.values[i]]));
  const found = [];
  for (let cell = 0; cell < n; cell += 1) if (active.has(of[cell])) found.push(cell);
  arrays.cells = { dtype: "U32", shape: [found.length], values: Uint32Array.from(found) };
  arrays.activations = { dtype: "F32", shape: [found.length], values: Float32Array.from(found, (cell) => active.get(of[cell])) };
  put(file, safetensors(arrays));
  const max = Math.fround(Math.max(...active.values()));
  const some = [...rows.keys()].filter((place) => active.has(of[rows[place]]));
  put(file.replace(".safetensors", ".q8.safetensors"), safetensors({
    cells: { dtype: "U16", shape: [some.length], values: Uint16Array.from(some) },
    codes: { dtype: "U8", shape: [some.length], values: Uint8Array.from(some, (place) => Math.max(1, Math.min(255, Math.round((active.get(of[rows[place]]) / max) * 255)))) },
    max: { dtype: "F32", shape: [1], values: Float32Array.of(max) },
  }));
}
put("concepts/index.json", Buffer.from(JSON.stringify(index)));
put("concepts/first.json.gz", gzipSync(JSON.stringify(index)));
if (existsSync(join(bundle, "neurons/index.json"))) put("neurons/first.json.gz", gzipSync(readFileSync(join(bundle, "neurons/index.json"))));
put("genes/first.json.gz", gzipSync(readFileSync(join(bundle, "genes/index.json"))));
manifest.counts.cells = n;
manifest.first = first;
// Counts of genes and embeddings are of the small bundle.
manifest.expression = { not_available: "the bundle was made for measuring" };
rmSync(join(bundle, "cells/embeddings.safetensors"), { force: true });
delete manifest.files["cells/embeddings.safetensors"];
put("manifest.json", Buffer.from(JSON.stringify(manifest)));
mkdirSync(out, { recursive: true });
console.log(`${out}: ${n} cells, first view of ${first.cells}; cells/umap.safetensors ${statSync(join(bundle, "cells/umap.safetensors")).size} bytes`);

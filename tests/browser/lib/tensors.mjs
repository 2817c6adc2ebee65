// Arrays and tables of a bundle, read without the program that wrote them.
import { readFileSync } from "node:fs";
import { join } from "node:path";

// A tensor of a safetensors file.
export function tensor(path, name) {
  const data = readFileSync(path);
  const length = Number(data.readBigUInt64LE(0));
  const header = JSON.parse(data.subarray(8, 8 + length));
  if (!header[name]) throw new Error(`${path} has no tensor ${name}`);
  const { dtype, data_offsets: [from, to] } = header[name];
  const bytes = new Uint8Array(data.subarray(8 + length + from, 8 + length + to)).buffer;
  return new { F32: Float32Array, U32: Uint32Array, U16: Uint16Array }[dtype](bytes);
}

export const json = (bundle, file) => JSON.parse(readFileSync(join(bundle, file), "utf8"));
export const stem = (id) => String(id).padStart(4, "0");

// Places in falling order; equal values by place.
export const falling = (values) => [...values.keys()].sort((a, b) => values[b] - values[a] || a - b);

// Rows of a CSV file as objects.
export function csv(path) {
  const [head, ...rows] = readFileSync(path, "utf8").trim().split(/\r?\n/).map(fields);
  return rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i]])));
}

function fields(line) {
  const found = [];
  for (const match of line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)) {
    found.push(match[1].startsWith('"') ? match[1].slice(1, -1).replaceAll('""', '"') : match[1]);
  }
  return found.slice(0, line.endsWith(",") ? undefined : -1);
}

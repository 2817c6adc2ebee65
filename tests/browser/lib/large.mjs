// An .h5ad file of any size, written piece by piece: the same block of cells again and again, as plain arrays.
//   node tests/browser/lib/large.mjs GENES.json CELLS OUT.h5ad
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

const NOWHERE = 0xffffffffffffffffn;
const u16 = (n) => Buffer.from(Uint16Array.of(n).buffer);
const u32 = (n) => Buffer.from(Uint32Array.of(n).buffer);
const u64 = (n) => Buffer.from(BigUint64Array.of(BigInt(n)).buffer);
const padded = (bytes, to = 8) => Buffer.concat([bytes, Buffer.alloc((to - (bytes.length % to)) % to)]);
const text = (name) => padded(Buffer.from(`${name}\0`));

// HDF5 datatypes, version 1
const type = (kind, bits, size, ...rest) => Buffer.concat([Buffer.from([0x10 | kind, ...bits]), u32(size), ...rest]);
const integer = (bytes) => type(0, [0x08, 0, 0], bytes, u16(0), u16(8 * bytes));
const float = type(1, [0x20, 31, 0], 4, u16(0), u16(32), Buffer.from([23, 8, 0, 23]), u32(127));
const string = (size) => type(3, [1, 0, 0], size);
const space = (...dims) => Buffer.concat([Buffer.from([1, dims.length, 0, 0, 0, 0, 0, 0]), ...dims.map(u64)]);

class Writer {
  constructor(path) {
    this.file = openSync(path, "w");
    this.at = 96;
  }

  // Writes at the end; gives the address.
  put(bytes) {
    const address = this.at;
    writeSync(this.file, bytes, 0, bytes.length, address);
    this.at += bytes.length;
    return address;
  }

  header(messages) {
    const body = Buffer.concat(
      messages.map(([kind, content]) => {
        const whole = padded(content);
        return Buffer.concat([u16(kind), u16(whole.length), Buffer.alloc(4), whole]);
      }),
    );
    return this.put(Buffer.concat([Buffer.from([1, 0]), u16(messages.length), u32(1), u32(body.length), Buffer.alloc(4), body]));
  }

  attribute(name, value) {
    const bytes = Buffer.from(value);
    const [named, kind, shape] = [text(name), padded(string(bytes.length)), space()];
    return [0x0c, Buffer.concat([Buffer.from([1, 0]), u16(name.length + 1), u16(8), u16(shape.length), named, kind, shape, bytes])];
  }

  // An array of pieces that lie one after the other.
  dataset(kind, length, pieces) {
    const start = this.at;
    for (const piece of pieces) this.put(piece);
    const layout = Buffer.concat([Buffer.from([3, 1]), u64(start), u64(this.at - start)]);
    return this.header([[1, space(length)], [3, kind], [5, Buffer.from([2, 2, 2, 0])], [8, layout]]);
  }

  group(members, attributes = []) {
    const names = Object.keys(members).sort();
    let heap = Buffer.alloc(8);
    const places = names.map((name) => {
      const place = heap.length;
      heap = Buffer.concat([heap, text(name)]);
      return place;
    });
    const entries = names.map((name, i) => Buffer.concat([u64(places[i]), u64(members[name]), Buffer.alloc(24)]));
    const node = Buffer.concat([Buffer.from("SNOD\x01\0"), u16(names.length), ...entries, Buffer.alloc(40 * (8 - names.length))]);
    const symbols = this.put(node);
    const tree = Buffer.concat([
      Buffer.from("TREE\0\0"), u16(1), u64(NOWHERE), u64(NOWHERE), u64(0), u64(symbols), u64(places.at(-1) ?? 0),
    ]);
    const treeAt = this.put(Buffer.concat([tree, Buffer.alloc(544 - tree.length)]));
    const data = this.put(heap);
    const heapAt = this.put(Buffer.concat([Buffer.from("HEAP\0\0\0\0"), u64(heap.length), u64(1), u64(data)]));
    return this.header([[0x11, Buffer.concat([u64(treeAt), u64(heapAt)])], ...attributes]);
  }

  close(root) {
    const head = Buffer.concat([
      Buffer.from("\x89HDF\r\n\x1a\n", "latin1"), Buffer.from([0, 0, 0, 0, 0, 8, 8, 0]), u16(4), u16(16), u32(0),
      u64(0), u64(NOWHERE), u64(this.at), u64(NOWHERE), u64(0), u64(root), Buffer.alloc(24),
    ]);
    writeSync(this.file, head, 0, head.length, 0);
    closeSync(this.file);
  }
}

function* names(count, width, name) {
  for (let start = 0; start < count; start += 65536) {
    const some = Math.min(65536, count - start);
    const bytes = Buffer.alloc(some * width);
    for (let i = 0; i < some; i += 1) bytes.write(name(start + i), i * width);
    yield bytes;
  }
}

// Cells of a block, each with the counts of `each` genes; the same for every block.
export const BLOCK = 1024;
export function block(genes, each) {
  const columns = new Int32Array(BLOCK * each);
  const counts = new Float32Array(BLOCK * each);
  const step = Math.floor(genes / each);
  for (let cell = 0; cell < BLOCK; cell += 1) {
    for (let i = 0; i < each; i += 1) {
      columns[cell * each + i] = i * step + ((cell * 7 + i * i) % step);
      counts[cell * each + i] = 1 + ((cell * 31 + i * 17) % 97 === 0 ? 9 : (cell + i) % 3);
    }
  }
  return { columns, counts };
}

// Writes so many cells (a multiple of the block) of these genes; gives the bytes of the file.
export function writeLarge(path, genes, cells, each = 250) {
  const blocks = Math.ceil(cells / BLOCK);
  const total = blocks * BLOCK;
  const writer = new Writer(path);
  const { columns, counts } = block(genes.length, each);
  const repeated = function* (array) {
    const bytes = Buffer.from(array.buffer);
    for (let i = 0; i < blocks; i += 1) yield bytes;
  };
  const pointers = function* () {
    for (let start = 0; start <= total; start += 65536) {
      yield Buffer.from(BigInt64Array.from({ length: Math.min(65536, total + 1 - start) }, (_, i) => BigInt((start + i) * each)).buffer);
    }
  };
  const x = writer.group(
    {
      data: writer.dataset(float, total * each, repeated(counts)),
      indices: writer.dataset(integer(4), total * each, repeated(columns)),
      indptr: writer.dataset(integer(8), total + 1, pointers()),
    },
    [writer.attribute("encoding-type", "csr_matrix")],
  );
  const width = Math.max(...genes.map((gene) => Buffer.byteLength(gene)));
  const frame = (length, size, name) =>
    writer.group({ _index: writer.dataset(string(size), length, names(length, size, name)) }, [writer.attribute("_index", "_index")]);
  const obs = frame(total, 16, (i) => `cell-${i}`);
  const root = writer.group({ X: x, obs, var: frame(genes.length, width, (i) => genes[i]) });
  const size = writer.at;
  writer.close(root);
  return { cells: total, size };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [genes, cells, out] = process.argv.slice(2);
  console.log(writeLarge(out, JSON.parse(readFileSync(genes)).symbols, Number(cells)));
}

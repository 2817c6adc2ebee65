// A zip file, written as the usual programs write it: every second file stored, the others deflated.
import { writeFileSync } from "node:fs";
import { crc32, deflateRawSync } from "node:zlib";

const u16 = (n) => Buffer.from(Uint16Array.of(n).buffer);
const u32 = (n) => Buffer.from(Uint32Array.of(n).buffer);

export function writeZip(path, files) {
  const [contents, directory] = [[], []];
  let at = 0;
  Object.entries(files).forEach(([name, content], i) => {
    const packed = i % 2 ? deflateRawSync(content) : content;
    const middle = Buffer.concat([u16(i % 2 ? 8 : 0), u32(0), u32(crc32(content)), u32(packed.length), u32(content.length), u16(Buffer.byteLength(name)), u16(0)]);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), u16(20), u16(0), middle, Buffer.from(name), packed]);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02"), u16(20), u16(20), u16(0), middle, Buffer.alloc(10), u32(at), Buffer.from(name)]));
    contents.push(local);
    at += local.length;
  });
  const list = Buffer.concat(directory);
  const count = u16(directory.length);
  writeFileSync(path, Buffer.concat([...contents, list, Buffer.from("PK\x05\x06"), u32(0), count, count, u32(list.length), u32(at), u16(0)]));
}

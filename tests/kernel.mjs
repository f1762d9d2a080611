// Makes the calls of a list in kernel.wasm: node kernel.mjs kernel.wasm calls.json image begin; the image of the memory is read,
// put at the address `begin`, and written back.
import fs from "node:fs";
const [wasm, calls, image, begin] = process.argv.slice(2);
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(wasm)));
const bytes = fs.readFileSync(image), at = Number(begin);
if (exports.__heap_base.value > at) throw new Error("the kernel's own data reach into the image");
exports.memory.grow(Math.ceil((at + bytes.length) / 65536));
const view = new Uint8Array(exports.memory.buffer, at, bytes.length);
view.set(bytes);
for (const [name, ...addresses] of JSON.parse(fs.readFileSync(calls))) exports[name](...addresses);
fs.writeFileSync(image, view);

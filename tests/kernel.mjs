// What a browser does for lrcourse/engine/browser.py, by the line: a request in JSON on standard input, the answer on standard output.
import readline from "node:readline";
let exports;
const bytes = (at, size) => Buffer.from(exports.memory.buffer, at, size);
const answers = {
  load: code => { ({ exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(code, "base64")))); },
  value: name => exports[name].value,
  length: () => exports.memory.buffer.byteLength,
  grow: pages => exports.memory.grow(pages),
  call: (name, ...addresses) => String(exports[name](...addresses) ?? 0),
  write: (at, data) => { const given = Buffer.from(data, "base64"); given.copy(bytes(at, given.length)); },
  read: (at, size) => bytes(at, size).toString("base64"),
};
for await (const line of readline.createInterface({ input: process.stdin })) {
  const [what, ...rest] = JSON.parse(line);
  process.stdout.write(JSON.stringify(answers[what](...rest) ?? null) + "\n");
}

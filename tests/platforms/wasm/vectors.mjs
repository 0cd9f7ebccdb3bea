// Runs every test vector through the library in WebAssembly.
//
// usage: node vectors.mjs MODULE.wasm FOLDER
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const [modulePath, folder] = process.argv.slice(2);

// By their numbers, as in DESIGN.md.
const VERDICTS = [
  "authentic", "missing_signature", "repeated_signature", "malformed_signature", "unknown_algorithm",
  "algorithm_not_accepted", "malformed_encoding", "wrong_length", "mismatch", "missing_timestamp", "malformed_timestamp",
  "expired", "from_future", "missing_part", "replayed", "body_too_large",
];
["empty_secret", "malformed_secret", "invalid_config", "unknown_preset", "unsupported"].forEach(
  (name, index) => (VERDICTS[65 + index] = name),
);
const ALGORITHMS = ["MD5", "SHA_1", "SHA_224", "SHA_256", "SHA_384", "SHA_512"];
const WHOLE_ONLY = 0xffffffff;
const OTHER_ID = 0xfffffffe;
const OTHER_ANSWER = 0xfffffffd;

const { instance } = await WebAssembly.instantiate(readFileSync(modulePath));
const { memory, room, read, judge } = instance.exports;

const wanted = (vector) => [vector.expect, vector.algorithm, vector.secret_index].join(" ");

const found = (number) =>
  [VERDICTS[number & 0xff], ALGORITHMS[(number >> 8) & 0xff], ((number >> 16) & 0xff) === 0xff ? "" : (number >> 16) & 0xff].join(" ");

let [run, passed, streams, early] = [0, 0, 0, 0];
for (const name of readdirSync(folder).filter((name) => name.endsWith(".json") && name !== "vectors.schema.json")) {
  const text = readFileSync(join(folder, name));
  // Asked for first: memory that grows is another buffer.
  const place = room(text.length);
  new Uint8Array(memory.buffer, place, text.length).set(text);
  const { vectors } = JSON.parse(text);
  if (read() !== vectors.length) throw new Error(`${name}: not all vectors were read`);
  vectors.forEach((vector, index) => {
    // Rust's `SystemTime` has no moment before 1970 here.
    if (vector.delivery.received_at < 0) {
      early += 1;
      return;
    }
    const faults = [];
    for (const piece of [0, 1, 7, 64]) {
      const number = judge(index, piece) >>> 0;
      if (number === WHOLE_ONLY && piece > 0) continue;
      if (piece > 0) streams += 1;
      if (number === OTHER_ID) faults.push("another id of the delivery");
      else if (number === OTHER_ANSWER) faults.push("another answer to the handshake");
      else if (found(number) !== wanted(vector)) faults.push(`${found(number)} (pieces of ${piece})`);
    }
    run += 1;
    if (faults.length === 0) passed += 1;
    else console.log(`${name}: ${vector.id}: ${faults.join(", ")}, not ${wanted(vector)}`);
  });
}
console.log(`${streams} streams`);
console.log(`vectors: ${passed} of ${run} passed, ${early} left out: received before 1970, which no time can be here`);
process.exit(run > 0 && passed === run ? 0 : 1);

// SPDX-License-Identifier: Apache-2.0
// Work for the node scenario: workers, WebAssembly, zlib, files, cryptography, and code that gets hot
// enough to be compiled at run time.
'use strict';
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const crypto = require('crypto');
const fs = require('fs');
const zlib = require('zlib');

// (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
const module_bytes = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 7, 1, 3, 97, 100,
  100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11]);

function addInWebAssembly(count) {
  const { add } = new WebAssembly.Instance(new WebAssembly.Module(module_bytes)).exports;
  let sum = 0;
  for (let number = 0; number < count; number++) sum = add(sum, number);
  return sum;
}

function countPrimes(limit) {
  let count = 0;
  for (let number = 2; number < limit; number++) {
    let prime = true;
    for (let factor = 2; factor * factor <= number; factor++) {
      if (number % factor === 0) { prime = false; break; }
    }
    if (prime) count++;
  }
  return count;
}

function inWorker(limit) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: limit });
    worker.on('message', resolve);
    worker.on('error', reject);
  });
}

async function main() {
  console.log('WebAssembly', addInWebAssembly(60000));
  console.log('workers', (await Promise.all([50000, 100000, 150000].map(inWorker))).join(' '));
  const text = Buffer.from('a line of text\n'.repeat(100000));
  console.log('zlib', zlib.brotliDecompressSync(zlib.brotliCompressSync(text,
    { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 3 } })).equals(text),
    zlib.gunzipSync(zlib.gzipSync(text)).equals(text));
  fs.writeFileSync('text', text);
  const stream_size = await new Promise((resolve) => {
    let size = 0;
    fs.createReadStream('text').on('data', (part) => { size += part.length; })
      .on('end', () => resolve(size));
  });
  console.log('fs', stream_size, fs.statSync('text').size);
  console.log('crypto', crypto.createHash('sha256').update(text).digest('hex').slice(0, 16));
  console.log('sorted', [...Array(100000).keys()].map((n) => (n * 7919) % 100003)
    .sort((a, b) => a - b)[50000]);
}

if (isMainThread) main();
else parentPort.postMessage(countPrimes(workerData));

// SPDX-License-Identifier: Apache-2.0
// Loads an addon in one worker after the other, then in several at a time.
const { Worker } = require('worker_threads');
const addon = process.argv[2];

function load() {
  return new Promise((resolve) => {
    const worker = new Worker(
      'const { parentPort, workerData } = require("worker_threads");' +
        'parentPort.postMessage(require(workerData))',
      { eval: true, workerData: addon });
    let said = 'nothing';
    worker.on('message', (message) => { said = message; });
    worker.on('error', (error) => { said = error.message.split('\n')[0]; });
    worker.on('exit', () => resolve(said));
  });
}

async function main() {
  for (let turn = 1; turn <= 8; turn++)
    console.log(`worker ${turn} ${await load()}`);
  console.log('together', ...await Promise.all([load(), load(), load()]));
  console.log('main', require(addon));
}

main();

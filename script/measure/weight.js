// What `script/build --release` says of the weight of what browsers load, beside what is to be reached.
const fs = require("node:fs");
const { load, measure, publish } = require("./results.js");

const REACH = { "a chat before anybody calls": 250, LiveKit: 130 };

measure(async () => {
    const said = [...fs.readFileSync(0, "utf8").matchAll(/^ *([\d.]+) KB for (.+)$/gm)];
    if (said.length === 0) throw new Error("the build said nothing of weights");
    const rows = said.map(([, kilobytes, what]) => {
        const most = REACH[what];
        return { what, cells: [kilobytes], reach: most && `≤ ${most} KB`, missed: +kilobytes > most, measured: `${kilobytes} KB` };
    });
    publish("weight", [load(), load()], ["what a browser loads for", "KB (brotli)"], rows);
});

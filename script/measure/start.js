// How long after the start of the program the first page of somebody who is signed out is there, in a folder that has a parish.
const { spawn } = require("node:child_process");
const http = require("node:http");
const { load, measure, publish, spread } = require("./results.js");

const { PORT, PROGRAM, TIMES = 21 } = process.env;

const page = () =>
    new Promise((resolve) => {
        http.get({ host: "127.0.0.1", port: PORT, path: "/en/sign-in", agent: false }, (answer) => {
            answer.resume().on("end", () => resolve(answer.statusCode === 200));
        }).on("error", () => setTimeout(resolve, 1, false));
    });

measure(async () => {
    const loads = [load()];
    const times = [];
    while (times.length < +TIMES) {
        const began = performance.now();
        const server = spawn(PROGRAM, ["serve"], { stdio: ["ignore", "ignore", "inherit"] });
        const ended = new Promise((resolve) => server.on("exit", resolve));
        while (!(await page())) if (server.exitCode !== null) throw new Error("the server did not start");
        times.push(performance.now() - began);
        server.kill();
        await ended;
    }
    loads.push(load());
    const { median, words } = spread(times, 0);
    const row = { what: "start of the program → its first page is there", cells: [TIMES, words], reach: "≤ 300 ms", missed: median > 300 };
    publish("start", loads, ["", "n", "ms"], [{ ...row, measured: `${median.toFixed(0)} ms` }], ["Median (least to most); the program's file was read before.", ""]);
});

// What all measurements without a browser write down, and how.
const fs = require("node:fs");
const os = require("node:os");

const { PROFILE, BENCH_COMMIT } = process.env;

const load = () => os.loadavg()[0];

/** The middle one of some numbers, the least and the most, as words. */
function spread(numbers, digits) {
    const sorted = [...numbers].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    const words = [median, sorted[0], sorted.at(-1)].map((number) => number.toFixed(digits));
    return { median, words: `${words[0]} (${words[1]} to ${words[2]})` };
}

/**
 * Writes target/bench/NAME.md and .json, and ends the program: with an error if something was missed. Each row has, beside its
 * cells, what it is called (`what`), and may have a number to be reached (`reach`), the number for it (`measured`, as words), and
 * whether it was `missed`. All of these are what docs/performance.md compares. `more`: lines below the table, some of which may
 * say of something else that it was missed.
 */
function publish(name, loads, columns, rows, more) {
    const cpu = os.cpus()[0].model.trim();
    const verdict = ({ reach, missed }) => (reach ? `${reach} | ${missed ? "**missed**" : "reached"}` : " |");
    const words = [
        `${os.cpus().length} cores (${cpu}), which server and measurement share; commit ${BENCH_COMMIT}; ${PROFILE} build, SQLite.`,
        `Load of the machine before and after: ${loads.map((one) => one.toFixed(1)).join(" and ")}.`,
        "",
        `| ${columns.join(" | ")} | to be reached | |`,
        `|---|${"--:|".repeat(columns.length - 1)}---|---|`,
        ...rows.map((row) => `| ${[row.what, ...row.cells].join(" | ")} | ${verdict(row)} |`),
        "",
        ...(more ?? []),
    ].join("\n");
    const rounded = (_, value) => (typeof value === "number" ? Math.round(value * 10) / 10 : value);
    const all = { commit: BENCH_COMMIT, server: PROFILE, cores: os.cpus().length, cpu, load: loads, rows };
    fs.writeFileSync(`target/bench/${name}.md`, words);
    fs.writeFileSync(`target/bench/${name}.json`, JSON.stringify(all, rounded, 1));
    console.log(`\n${words}`);
    process.exit(words.includes("**missed**") ? 1 : 0);
}

/** Runs a measurement. One that cannot be finished is an error, with its reason. */
function measure(all) {
    all().catch((error) => {
        console.error(error);
        process.exit(1);
    });
}

module.exports = { load, measure, publish, spread };

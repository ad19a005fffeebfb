// Makes docs/performance.md of what stands in target/bench: first each number that is to be reached, then all tables.
const fs = require("node:fs");

const OUT = "target/bench";
const MEASURED = {
    ring: "Ringing",
    answer: "From *Accept* to the first sound",
    http: "Requests",
    chat: "Messages",
    roster: "Who is in a call",
    tiles: "A call of thirty on a slow phone",
    page: "A chat as Lighthouse sees it",
    axe: "What axe finds",
    weight: "What browsers load",
    memory: "Memory",
    start: "Start",
    voice: "The voice server, beside LiveKit",
};

/** The lines of a table, or of the notes below it, that say whether something was reached. */
function verdicts(text) {
    const found = [];
    let columns = [];
    for (const line of text.split("\n")) {
        const cells = line.split("|").slice(1, -1).map((cell) => cell.trim());
        if (cells.includes("to be reached")) columns = cells;
        const note = /^- (.+?): (?:median )?(.+); to be reached: (.+); (reached|\*\*missed\*\*)$/.exec(line);
        if (note) found.push({ what: note[1], measured: note[2], reach: note[3], verdict: note[4] });
        const verdict = cells.at(-1);
        if (verdict !== "reached" && verdict !== "**missed**") continue;
        const reach = cells[columns.indexOf("to be reached")];
        // The columns that the goal speaks of; if it names none, all between.
        const numbers = columns.map((name, at) => ({ name, cell: cells[at] })).slice(1, -2);
        const named = numbers.filter(({ name }) => reach.includes(name.split(",")[0]) && name !== "n" && name !== "");
        const shown = named.length > 0 ? named : numbers.filter(({ name }) => name !== "n");
        const measured = shown.map(({ name, cell }) => (shown.length > 1 ? `${name} ${cell}` : cell)).join(", ");
        found.push({ what: cells[0], measured, reach, verdict });
    }
    return found;
}

const chapters = Object.entries(MEASURED).flatMap(([name, title]) => {
    const file = `${OUT}/${name}.md`;
    return fs.existsSync(file) ? [{ name, title, text: fs.readFileSync(file, "utf8").trim(), day: fs.statSync(file).mtime.toISOString().slice(0, 10) }] : [];
});
const missing = Object.keys(MEASURED).filter((name) => !chapters.some((chapter) => chapter.name === name));
// Where a goal speaks of several columns, the measurement says itself what it comes to.
const said = (name, what) => JSON.parse(fs.readFileSync(`${OUT}/${name}.json`, "utf8")).rows?.find((row) => row.what === what)?.measured;
const rows = chapters.flatMap(({ name, text }) => verdicts(text).map((row) => ({ ...row, name, measured: said(name, row.what) ?? row.measured })));
const missed = rows.filter(({ verdict }) => verdict !== "reached").length;
const why = fs.readFileSync("script/measure/missed.md", "utf8").trim();

fs.writeFileSync("docs/performance.md", [
    "# Performance",
    "",
    "Made by `script/bench report` of what was measured last; do not edit it. What a number means, how it is measured and how to do it again",
    "stands at the top of `script/bench`: `script/bench ring`, `script/bench http` and so on, then `script/bench report`. All of them run on one",
    "machine, which the server and what asks it share, and talk over the loopback device only. Other machines give other numbers: what counts",
    "are the ratios within one run.",
    "",
    "## What is to be reached",
    "",
    `${rows.length} goals, ${missed} of them missed.`,
    "",
    "| measured by | what | measured | to be reached | |",
    "|---|---|--:|---|---|",
    ...rows.map(({ name, what, measured, reach, verdict }) => `| \`${name}\` | ${what} | ${measured} | ${reach} | ${verdict} |`),
    "",
    ...(missing.length > 0 ? [`Not measured this time: ${missing.map((name) => `\`${name}\``).join(", ")}.`, ""] : []),
    why,
    "",
    ...chapters.flatMap(({ name, title, text, day }) => [`## ${title} (\`script/bench ${name}\`, ${day})`, "", text.replace(/^### /gm, "#### ").replace(/^## /gm, "### "), ""]),
].join("\n"));
console.log(`docs/performance.md: ${rows.length} goals, ${missed} missed`);

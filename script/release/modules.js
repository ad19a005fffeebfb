// node modules.js LOCK...: whether each package-lock.json pins every package by its content, and allows no licence but these.
// node modules.js --audit: what `npm audit --json` (standard input) says: "clean", "found", or "missed" if it was not answered.
const fs = require("node:fs");

/** As in deny.toml; and data under CC-BY and CC0, the MPL and Python's licence for what only tests or builds with. */
const LICENCES = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"];
const ONLY_TOOLS = ["BlueOak-1.0.0", "CC-BY-4.0", "CC0-1.0", "MPL-2.0", "Python-2.0"];

function fits(licence, dev) {
    const allowed = dev ? [...LICENCES, ...ONLY_TOOLS] : LICENCES;
    // "(MIT OR CC0-1.0)", "(Apache-2.0 AND BSD-3-Clause)"; nothing here nests them.
    const parts = licence.replace(/[()]/g, "").split(/ (?:AND|OR) /);
    return licence.includes(" OR ") ? parts.some((it) => allowed.includes(it)) : parts.every((it) => allowed.includes(it));
}

function check(file) {
    const { lockfileVersion, packages } = JSON.parse(fs.readFileSync(file, "utf8"));
    const wrong = lockfileVersion === 3 ? [] : ["lockfileVersion is not 3"];
    const entries = Object.entries(packages).filter(([path]) => path !== "");
    for (const [path, it] of entries) {
        if (!/^sha512-/.test(it.integrity ?? "")) wrong.push(`${path}: not pinned by its content`);
        if (!fits(it.license ?? "", it.dev === true)) wrong.push(`${path}: licence ${it.license}`);
    }
    for (const [name, version] of Object.entries({ ...packages[""].dependencies, ...packages[""].devDependencies })) {
        if (!/^\d+\.\d+\.\d+$/.test(version)) wrong.push(`${name}: "${version}" is not one version`);
    }
    console.log(wrong.length === 0 ? `${file}: ${entries.length} packages, all pinned` : `${file}:\n  ${wrong.join("\n  ")}`);
    return wrong.length === 0;
}

/** npm answers with an `error` where it could not ask. */
function audit(text) {
    let report;
    try {
        report = JSON.parse(text);
    } catch {
        return "missed";
    }
    if (report.metadata?.vulnerabilities === undefined) return "missed";
    return report.metadata.vulnerabilities.total === 0 ? "clean" : "found";
}

const files = process.argv.slice(2);
if (files[0] === "--audit") {
    console.log(audit(fs.readFileSync(0, "utf8")));
} else if (!files.map(check).every(Boolean)) {
    process.exitCode = 1;
}

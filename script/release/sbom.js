// node sbom.js FOLDER CRATES LOCK FRONTEND <METADATA: writes FOLDER/paxora.cdx.json and FOLDER/third-party-licences.txt.
// CRATES lists the crates that are compiled in ("name vVERSION …"), METADATA is what `cargo metadata` says, LOCK is Cargo.lock,
// FRONTEND the folder with the npm packages.
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const [, , folder, cratesFile, lockFile, frontend] = process.argv;
const metadata = JSON.parse(fs.readFileSync(0, "utf8"));

/** "(MIT OR Apache-2.0) AND Unicode-3.0"; older manifests write a slash for OR. */
const licences = (expression) => [{ expression: expression.replaceAll("/", " OR ").replace(/ +/g, " ") }];
const byName = (a, b) => (a["bom-ref"] < b["bom-ref"] ? -1 : 1);

/** Of crates.io: by name and version, the checksum of what was downloaded. */
function checksums() {
    const found = new Map();
    for (const entry of fs.readFileSync(lockFile, "utf8").split("[[package]]")) {
        const field = (name) => entry.match(new RegExp(`^${name} = "(.*)"$`, "m"))?.[1];
        if (field("checksum")) found.set(`${field("name")} ${field("version")}`, field("checksum"));
    }
    return found;
}

function crates() {
    const compiled = new Set();
    for (const line of fs.readFileSync(cratesFile, "utf8").trim().split("\n")) {
        const [name, version] = line.split(" ");
        compiled.add(`${name} ${version.replace(/^v/, "")}`);
    }
    const sums = checksums();
    const refs = new Map();
    const components = [];
    for (const it of metadata.packages) {
        const name = `${it.name} ${it.version}`;
        if (!compiled.delete(name)) continue;
        const own = it.source === null;
        const ref = own ? `paxora/${it.name}` : `pkg:cargo/${it.name}@${it.version.replaceAll("+", "%2B")}`;
        refs.set(it.id, ref);
        if (!own && !sums.has(name)) throw new Error(`${name} is not in ${lockFile}`);
        components.push({
            "bom-ref": ref,
            type: "library",
            name: it.name,
            version: it.version,
            ...(it.license && { licenses: licences(it.license) }),
            ...(!own && { purl: ref, hashes: [{ alg: "SHA-256", content: sums.get(name) }] }),
            ...(!own && it.repository && { externalReferences: [{ type: "vcs", url: it.repository }] }),
            home: path.dirname(it.manifest_path),
            own,
        });
    }
    if (compiled.size > 0) throw new Error(`cargo metadata does not know ${[...compiled].join(", ")}`);
    const dependencies = metadata.resolve.nodes
        .filter((node) => refs.has(node.id))
        .map((node) => ({ ref: refs.get(node.id), dependsOn: node.dependencies.map((id) => refs.get(id)).filter(Boolean).sort() }));
    return { components, dependencies };
}

/** What is bundled into the scripts that browsers load: everything but the tools. */
function modules() {
    const { packages } = JSON.parse(fs.readFileSync(path.join(frontend, "package-lock.json"), "utf8"));
    const used = Object.entries(packages).filter(([at, it]) => at !== "" && !it.dev);
    const ref = (at) => `pkg:npm/${at.replace(/^.*node_modules\//, "").replace("@", "%40")}@${packages[at].version}`;
    // Node looks in its own folder first, then further up.
    const find = (from, name) => {
        for (let at = from; ; at = at.replace(/(^|\/)node_modules\/(?:@[^/]+\/)?[^/]+$/, "")) {
            const candidate = `${at}${at && "/"}node_modules/${name}`;
            if (packages[candidate]) return ref(candidate);
            if (at === "") return undefined;
        }
    };
    const components = used.map(([at, it]) => ({
        "bom-ref": ref(at),
        type: "library",
        name: at.replace(/^.*node_modules\//, ""),
        version: it.version,
        licenses: licences(it.license),
        purl: ref(at),
        hashes: [{ alg: "SHA-512", content: Buffer.from(it.integrity.replace("sha512-", ""), "base64").toString("hex") }],
        home: path.join(frontend, at),
        own: false,
    }));
    const needs = (at, it) => Object.keys({ ...it.dependencies, ...it.optionalDependencies, ...it.peerDependencies });
    const dependencies = used.map(([at, it]) => ({
        ref: ref(at),
        dependsOn: [...new Set(needs(at, it).map((name) => find(at, name)).filter(Boolean))].sort(),
    }));
    const top = Object.keys(packages[""].dependencies).map((name) => find("", name));
    return { components, dependencies, top };
}

/** Its texts, in the order of their names. */
function texts(home) {
    if (!fs.existsSync(home)) throw new Error(`${home} is missing: run script/bootstrap`);
    const names = fs.readdirSync(home).filter((name) => /^(licen[cs]e|copying|copyright|notice|unlicense)/i.test(name));
    return names.sort().map((name) => path.join(home, name)).filter((file) => fs.statSync(file).isFile())
        .map((file) => fs.readFileSync(file, "utf8").trim());
}

/** Each text once, under the names of all that come with it. */
function thirdParty(components) {
    const whose = new Map();
    const without = [];
    for (const it of components.filter((it) => !it.own)) {
        const found = texts(it.home);
        if (found.length === 0) without.push(`${it.name} ${it.version}: ${it.licenses?.[0].expression}`);
        for (const text of found) whose.set(text, [...(whose.get(text) ?? []), `${it.name} ${it.version}`]);
    }
    const parts = [...whose].map(([text, names]) => `${names.join(", ")}\n\n${text}`);
    const bare = `These come without a text, under the licence that they name:\n\n${without.join("\n")}`;
    return ["What Paxora is made of besides its own code, and under which terms.", ...parts, bare].join(`\n\n${"-".repeat(80)}\n\n`) + "\n";
}

const rust = crates();
const npm = modules();
const all = [...rust.components, ...npm.components].sort(byName);
const server = metadata.packages.find((it) => it.name === "server");
const bom = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
        component: { "bom-ref": "paxora", type: "application", name: "paxora", version: server.version, licenses: licences(server.license) },
    },
    components: all.map(({ home, own, ...component }) => component),
    dependencies: [
        { ref: "paxora", dependsOn: ["paxora/frontend", "paxora/server", ...npm.top].sort() },
        ...[...rust.dependencies, ...npm.dependencies].sort((a, b) => (a.ref < b.ref ? -1 : 1)),
    ],
};
// The same contents have the same number.
const hash = createHash("sha256").update(JSON.stringify(bom)).digest("hex");
const serial = [hash.slice(0, 8), hash.slice(8, 12), `5${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`, hash.slice(20, 32)];
bom.serialNumber = `urn:uuid:${serial.join("-")}`;
fs.writeFileSync(path.join(folder, "paxora.cdx.json"), `${JSON.stringify(bom, null, 2)}\n`);
fs.writeFileSync(path.join(folder, "third-party-licences.txt"), thirdParty(all));
console.log(`${folder}/paxora.cdx.json: ${rust.components.length} crates, ${npm.components.length} npm packages`);

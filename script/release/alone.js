// node alone.js ADDRESS INVITE SITE: asks a server that is alone for every file in the folder SITE, and for its pages, as
// browsers do, and compares. Ends with 1, and says what was wrong, if anything is.
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");

const [, , address, invite, site] = process.argv;
const wrong = [];

function ask(path, headers = {}) {
    return new Promise((resolve, reject) => {
        const request = http.get(address + path, { headers, agent: false }, (answer) => {
            const parts = [];
            answer.on("data", (part) => parts.push(part));
            answer.on("end", () =>
                resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }),
            );
            answer.on("error", reject);
        });
        request.on("error", reject);
    });
}

function expect(what, is, should) {
    const fits = should instanceof RegExp ? should.test(is ?? "") : is === should;
    if (!fits) wrong.push(`${what} is ${JSON.stringify(is)}, not ${should}`);
}

const kinds = {
    ".css": /^text\/css/,
    ".js": /^text\/javascript/,
    ".json": /^application\/json/,
    ".mjs": /^(text|application)\/javascript/,
    ".mp3": /^audio\/mpeg/,
    ".png": /^image\/png/,
    ".svg": /^image\/svg\+xml/,
    ".wasm": /^application\/wasm/,
    ".webmanifest": /^application\/manifest\+json/,
};

async function compare(name) {
    const file = `/${name}`;
    const whole = await ask(file);
    const cache = name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache";
    expect(`${file}: status`, whole.status, 200);
    expect(`${file}: content-type`, whole.headers["content-type"], kinds[path.extname(name)]);
    expect(`${file}: cache-control`, whole.headers["cache-control"], cache);
    expect(`${file}: nosniff`, whole.headers["x-content-type-options"], "nosniff");
    expect(`${file}: same bytes`, whole.body.equals(fs.readFileSync(path.join(site, name))), true);
    const again = await ask(file, { "if-none-match": whole.headers.etag ?? "none" });
    expect(`${file}: asked for again`, again.status, 304);

    const packed = path.join(site, `${name}.br`);
    const small = await ask(file, { "accept-encoding": "br" });
    const has = fs.existsSync(packed);
    expect(`${file}: packed`, small.headers["content-encoding"], has ? "br" : undefined);
    if (has) expect(`${file}: same packed bytes`, small.body.equals(fs.readFileSync(packed)), true);
}

async function pages(manifest) {
    expect("/health", (await ask("/health")).body.toString(), "ok");
    const signIn = await ask("/en/sign-in");
    expect("/en/sign-in", signIn.status, 200);
    expect("/en/sign-in: policy", signIn.headers["content-security-policy"], /script-src 'self' 'nonce-/);
    for (const file of [manifest.app, manifest.style]) {
        expect(`/en/sign-in names ${file}`, signIn.body.includes(file), true);
    }
    const joining = await ask(`/en${invite}`);
    expect("the invitation", joining.status, 200);
    expect("the invitation names the parish", joining.body.includes("St. Anne"), true);
    const worker = await ask("/sw.js");
    expect("/sw.js: policy", worker.headers["content-security-policy"], /script-src 'self'; connect-src 'self'/);
}

async function main() {
    const names = fs.readdirSync(site, { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile() && !entry.name.endsWith(".br"));
    const manifest = JSON.parse(fs.readFileSync(path.join(site, "manifest.json"), "utf8"));
    for (const entry of files) {
        await compare(path.relative(site, path.join(entry.parentPath ?? entry.path, entry.name)));
    }
    // What a release is for: all of it is there, and packed.
    for (const file of Object.values(manifest)) {
        expect(`${file}.br is in the site`, fs.existsSync(path.join(site, `${file}.br`)), true);
    }
    await pages(manifest);
    if (wrong.length > 0) {
        console.error(wrong.join("\n"));
        process.exitCode = 1;
    } else {
        console.log(`${files.length} files and the pages are as they should be.`);
    }
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});

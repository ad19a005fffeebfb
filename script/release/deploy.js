// node deploy.js: whether what is written for containers, systemd and the public CI agrees with the program and with itself. No
// container engine is needed, and none is asked.
const fs = require("node:fs");
const path = require("node:path");
const top = path.resolve(__dirname, "../..");
const YAML = require(path.join(top, "end2end/node_modules/yaml"));

const read = (file) => fs.readFileSync(path.join(top, file), "utf8");
const wrong = [];
const expect = (fits, sentence) => fits || wrong.push(sentence);
const same = (a, b) => JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());

// A test of the server proves that this file lists every setting and no other.
const settings = new Map([...read(".env.example").matchAll(/^#?([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
const known = (file, names) => {
    for (const name of names) expect(settings.has(name), `${file}: there is no setting ${name}`);
};
const voicePorts = [`${settings.get("VOICE_UDP_PORT")}/udp`, `${settings.get("VOICE_TCP_PORT")}/tcp`];

/** Where Caddy passes things on to: what stands where the environment says nothing. */
const upstreams = (file) => [...read(file).matchAll(/\{\$[A-Z]+:([^}]+)\}/g)].flatMap(([, defaults]) => defaults.split(" "));

function compose(file) {
    const text = read(file);
    const { services, volumes, networks } = YAML.parse(text, { merge: true });
    const head = text.split("name:")[0];
    for (const [, name] of text.matchAll(/\$\{([A-Z_]+)/g)) {
        expect(name === "PAXORA_IMAGE" || head.includes(`${name}=`), `${file}: its head does not say what ${name} is`);
    }
    const proxy = services.caddy?.networks.inside.ipv4_address;
    if (proxy) {
        const net = networks.inside.ipam.config[0].subnet.replace(/0\/24$/, "");
        expect(proxy.startsWith(net), `${file}: ${proxy} is not in ${net}0/24`);
    }
    const open = [];
    for (const [name, service] of Object.entries(services)) {
        expect(/:[^:]+$/.test(service.image), `${file}: ${name} runs whatever version there is`);
        for (const mount of service.volumes ?? []) {
            const from = mount.split(":")[0];
            expect(from.startsWith("./") ? fs.existsSync(path.join(top, from)) : from in volumes, `${file}: there is no ${from}`);
        }
        const needs = Array.isArray(service.depends_on) ? service.depends_on : Object.keys(service.depends_on ?? {});
        for (const other of needs) expect(other in services, `${file}: ${name} waits for ${other}, which is not there`);
        const published = (service.ports ?? []).map((port) => port.match(/^(\d+):\1\/(udp|tcp)$/)?.slice(1));
        expect(!published.includes(undefined), `${file}: ${name} has a port that is another one outside, or says no protocol`);
        const ports = published.filter(Boolean).map((it) => it.join("/"));
        open.push(...ports);
        if (!service.image.includes("PAXORA_IMAGE")) continue;
        known(file, Object.keys(service.environment));
        expect(service.environment.TRUSTED_PROXIES === proxy, `${file}: ${name} does not trust the proxy`);
        const embedded = service.environment.LIVEKIT_URL === undefined;
        const own = proxy ? [] : ["80/tcp", "443/tcp"];
        expect(same(ports, embedded ? [...own, ...voicePorts] : []), `${file}: ${name} publishes ${ports}`);
    }
    const told = [...head.matchAll(/(TCP|UDP) (\d+(?:(?:,| and) \d+)*)/g)].flatMap(([, protocol, ports]) =>
        ports.match(/\d+/g).map((port) => `${port}/${protocol.toLowerCase()}`),
    );
    expect(same(open, told), `${file}: it opens ${open}, and its head says ${told}`);
    const caddyfile = services.caddy?.volumes[0].split(":")[0].slice(2);
    for (const upstream of caddyfile ? upstreams(caddyfile) : []) {
        expect(upstream.split(":")[0] in services, `${caddyfile}: ${upstream} is no service of ${file}`);
    }
    return services;
}

compose("compose.yaml");
const scaled = compose("compose.scale.yaml");

const livekit = YAML.parse(read("deploy/livekit.yaml"));
for (const url of [...livekit.webhook.urls, `tcp://${livekit.redis.address}`]) {
    expect(new URL(url).hostname in scaled, `deploy/livekit.yaml: ${url} is no service of compose.scale.yaml`);
}
expect(livekit.room.auto_create === false, "deploy/livekit.yaml: rooms are made by Paxora only");
expect(livekit.webhook.api_key === scaled["paxora-1"].environment.LIVEKIT_API_KEY, "deploy/livekit.yaml: another key");
const asked = read("deploy/scale.Caddyfile").match(/@livekit path (.*)/)[1].split(" ");
expect(same(asked, ["/rtc", "/rtc/*", "/twirp/*"]), "deploy/scale.Caddyfile: LiveKit needs all of /rtc, and Paxora /twirp");

const dockerfile = read("Dockerfile");
known("Dockerfile", [...dockerfile.match(/^ENV (.*)$/m)[1].matchAll(/([A-Z_]+)=/g)].map(([, name]) => name));
const listen = dockerfile.match(/LISTEN=\S*:(\d+)/)[1];
expect(same(dockerfile.match(/^EXPOSE (.*)$/m)[1].split(" "), [`${listen}/tcp`, "80/tcp", "443/tcp", ...voicePorts]), "Dockerfile: other ports are exposed");
expect(/^USER 65532:65532$/m.test(dockerfile), "Dockerfile: it does not run as nobody");
known("deploy/install", [...read("deploy/install").matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name));

// Whoever stops it lets it drain.
const drains = Number(read("server/src/main.rs").match(/^const DRAIN_FOR: Duration = Duration::from_secs\((\d+)\);$/m)[1]);
expect(drains <= 10, `server/src/main.rs: it drains for ${drains} s`);
const patience = [
    ["deploy/paxora.service", read("deploy/paxora.service").match(/^TimeoutStopSec=(\d+)$/m)[1]],
    ...["compose.yaml", "compose.scale.yaml"].map((file) => [file, read(file).match(/^ +stop_grace_period: (\d+)s$/m)[1]]),
];
for (const [file, seconds] of patience) expect(Number(seconds) > drains, `${file}: it is killed after ${seconds} s, and drains for ${drains}`);

// One version of each tool, whoever builds.
const workflows = fs.readdirSync(path.join(top, ".github/workflows")).map((name) => `.github/workflows/${name}`);
const rust = read("rust-toolchain.toml").match(/channel = "(.*)"/)[1];
const node = read(".node-version").trim();
for (const file of ["Dockerfile", ...workflows]) {
    for (const [, version] of read(file).matchAll(/\brust:([\d.]+)/g)) expect(version === rust, `${file}: Rust ${version}, not ${rust}`);
    for (const [, version] of read(file).matchAll(/\bnode:([\d.]+)/g)) expect(version === node, `${file}: Node ${version}, not ${node}`);
}
const tested = read("script/livekit").match(/^version=(.*)$/m)[1];
for (const name of ["livekit-1", "livekit-2"]) {
    expect(scaled[name].image.endsWith(`:${tested}`), `compose.scale.yaml: ${name} is not the LiveKit that is tested, ${tested}`);
}
for (const file of workflows) {
    const { permissions } = YAML.parse(read(file));
    expect(permissions && !Object.values(permissions).includes("write"), `${file}: every job may write`);
    for (const [, use] of read(file).matchAll(/uses: (.*)/g)) {
        const ours = use.startsWith("./") && fs.existsSync(path.join(top, use));
        expect(ours || /^[\w./-]+@[0-9a-f]{40} # v\d/.test(use), `${file}: ${use} is not pinned`);
    }
}

for (const sentence of wrong) console.error(sentence);
if (wrong.length === 0) console.log("Containers, systemd and the public CI agree with the program.");
process.exitCode = wrong.length === 0 ? 0 : 1;

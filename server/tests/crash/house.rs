//! The real program: started, killed, and started again on the same files.

use crate::wire::{self, FORM};
use backend::{Clock, SystemClock};
use serde::Deserialize;
use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// Far beyond what anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// All that is left when the server was killed: its files, and what it is told at its start.
pub(crate) struct House {
    pub(crate) database: String,
    settings: Vec<(&'static str, String)>,
    folder: TempDir,
}

/// Somebody of the demo parish.
#[derive(Deserialize)]
pub(crate) struct DemoPerson {
    pub(crate) name: String,
    link: String,
}

#[derive(Deserialize)]
struct Demo {
    people: Vec<DemoPerson>,
}

impl House {
    /// Without a PostgreSQL, the database is a file. `settings` are beside those that every server needs.
    pub(crate) fn build(postgres: Option<String>, settings: &[(&'static str, &str)]) -> House {
        let folder = tempfile::Builder::new().prefix("crash-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let manifest =
            r#"{ "app": "/a.js", "wasm": "/a.wasm", "voice": "/v.mjs", "style": "/s.css", "icons": "/i.svg" }"#;
        std::fs::write(folder.path().join("manifest.json"), manifest).unwrap();
        let database = postgres.unwrap_or_else(|| format!("sqlite:{}", folder.path().join("paxora.db").display()));
        let mut all = vec![
            ("DATABASE_URL", database.clone()),
            ("SITE_DIR", folder.path().display().to_string()),
            ("LISTEN", "127.0.0.1:0".to_owned()),
        ];
        all.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        House { database, settings: all, folder }
    }

    /// Where something of this house can be kept.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the program says to this command, and whether it succeeded.
    pub(crate) async fn says(&self, arguments: &[&str]) -> (bool, String) {
        let mut command = self.command(arguments[0]);
        let said =
            timeout(PATIENCE, command.args(&arguments[1..]).stderr(Stdio::piped()).output()).await.unwrap().unwrap();
        (said.status.success(), String::from_utf8([said.stdout, said.stderr].concat()).unwrap())
    }

    fn command(&self, argument: &str) -> Command {
        let log = OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        // Where a file may not grow, that is an error, as on a full disk, and no death.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_paxora"), argument]);
        command.env_clear().envs(self.settings.iter().cloned()).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        command
    }

    /// The program was started. That is all.
    pub(crate) fn begin(&self) -> Beginning {
        let mut child = self.command("serve").spawn().unwrap();
        let says = BufReader::new(child.stdout.take().unwrap()).lines();
        Beginning { child, says }
    }

    /// A server that listens, and how long that took.
    pub(crate) async fn start(&self) -> (Server, Duration) {
        let began = SystemClock.now();
        let server = self.begin().listens().await;
        let server = server.unwrap_or_else(|| panic!("the server did not start: {}", self.log().display()));
        (server, SystemClock.now().since(began))
    }

    /// Who lives in the demo parish.
    pub(crate) async fn demo(&self) -> Vec<DemoPerson> {
        let said = timeout(PATIENCE, self.command("demo").arg("--json").output()).await.unwrap().unwrap();
        let demo: Demo = serde_json::from_slice(&said.stdout).unwrap();
        demo.people
    }

    /// From now on it listens at the address that this server had.
    pub(crate) fn stay_at(&mut self, server: &Server) {
        self.settings.push(("LISTEN", server.address.to_string()));
    }

    /// Where the measurements of the server are that was started last.
    pub(crate) fn office(&self) -> SocketAddr {
        let log = std::fs::read_to_string(self.log()).unwrap();
        let (_, said) = log.rsplit_once("measurements are at /metrics address=").unwrap_or_else(|| panic!("{log}"));
        said.lines().next().unwrap().trim().parse().unwrap()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

impl Drop for House {
    /// What went wrong can be looked into.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.folder.disable_cleanup(true);
            eprintln!("The files are kept in {}", self.folder.path().display());
        }
    }
}

/// Runs a program of the system, which must succeed.
pub(crate) async fn run(program: &str, arguments: &[&str]) {
    let words = [&["-c", "\"$0\" \"$@\"", program], arguments].concat();
    assert!(Command::new("/bin/sh").args(words).status().await.unwrap().success(), "{program} {arguments:?}");
}

/// A server that may not listen yet.
pub(crate) struct Beginning {
    child: Child,
    says: Lines<BufReader<ChildStdout>>,
}

impl Beginning {
    /// None if it ended before.
    async fn listens(mut self) -> Option<Server> {
        let listens = async {
            while let Some(line) = self.says.next_line().await.unwrap() {
                if let Some((_, rest)) = line.split_once("Paxora listens on http://") {
                    return rest.split(' ').next()?.parse().ok();
                }
            }
            None
        };
        let address = timeout(PATIENCE, listens).await.expect("it says something in time")?;
        Some(Server { process: self, address })
    }

    /// SIGKILL, and nothing else.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// A server that listens.
pub(crate) struct Server {
    process: Beginning,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) async fn kill(self) {
        self.process.kill().await;
    }

    /// The number by which the system knows it.
    pub(crate) fn id(&self) -> u32 {
        self.process.child.id().expect("it runs")
    }

    /// SIGTERM.
    pub(crate) async fn ask_to_stop(&self) {
        run("kill", &["-TERM", &self.id().to_string()]).await;
    }

    /// Waits for its end; whether it was content.
    pub(crate) async fn ends(mut self) -> bool {
        timeout(PATIENCE, self.process.child.wait()).await.expect("it ends in time").unwrap().success()
    }

    /// Signs somebody in, by their one-time link: the secret of their session.
    pub(crate) async fn sign_in(&self, who: &DemoPerson) -> String {
        let (_, token) = who.link.split_once("token=").unwrap();
        let asked = wire::send(self.address, "", "/api/sign_in_by_link", FORM, &format!("token={token}")).await;
        let answer = asked.unwrap().hear().await.unwrap();
        let (_, cookie) = answer.head.split_once("set-cookie: paxora=").unwrap_or_else(|| panic!("{answer:?}"));
        cookie.split(';').next().unwrap().to_owned()
    }
}

//! What whoever runs the server types into its shell.

use crate::config::{Command, Config, ParishCommand};
use crate::{backup, doctor, open_store};
use anyhow::{Context, bail};
use async_trait::async_trait;
use backend::voice_server::{Identity, VoiceEvents, VoiceServerKind};
use backend::{
    Backend, Clock, DemoParish, Ports, Standing, SystemClock, VoiceServer, VoiceServerError, rotate_vapid_keys,
    vapid_key,
};
use domain::{Access, Role};
use std::io::Write;
use std::sync::Arc;
use store::Store;

/// Carries out one command and prints what came of it.
pub(crate) async fn run(command: Command, config: &Config) -> anyhow::Result<()> {
    match command {
        // These do not bring the database up to date first.
        Command::Backup { file } => backup::back_up(config, &file).await,
        Command::Restore { file, replace, sign_out } => backup::restore(config, &file, replace, sign_out).await,
        Command::Doctor { offline } => doctor::examine(config, offline).await,
        command => run_on(open_store(config).await?, command, config).await,
    }
}

/// The use cases, for commands: nobody is called.
pub(crate) fn backend_of(store: Store, config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Backend> {
    let address = config.public_url(config.listen.port())?;
    let push = Arc::new(config.push_sender(&address)?);
    let ports = Ports { voice: Arc::new(NoVoiceServer), push, clock };
    Ok(Backend::new(store, ports, config.settings(&address)))
}

async fn run_on(store: Store, command: Command, config: &Config) -> anyhow::Result<()> {
    let address = config.public_url(config.listen.port())?;
    let clock = Arc::new(SystemClock);
    let backend = backend_of(store.clone(), config, clock.clone())?;
    let mut out = std::io::stdout().lock();
    match command {
        Command::Serve
        | Command::Health
        | Command::Backup { .. }
        | Command::Restore { .. }
        | Command::Doctor { .. } => bail!("that is not done here"),
        Command::Migrate => writeln!(out, "The database is up to date.")?,
        Command::Demo { json, month } => {
            let demo = if month { backend.demo_of_a_month().await? } else { backend.demo().await? };
            if json {
                writeln!(out, "{}", demo_as_json(&demo, &address))?;
            } else {
                writeln!(out, "The demo parish is ready. Each of these links signs in once:")?;
                for person in &demo.people {
                    writeln!(out, "  {:<16} {}", person.member.name, link(&address, &person.secret))?;
                }
            }
        }
        Command::Parish { command: ParishCommand::Create { name } } => {
            let (_, invite) = backend.create_parish(&name).await.context("the parish's name cannot be taken")?;
            writeln!(out, "The parish is open. Its first admin joins by this link:\n  {address}/join/{invite}")?;
        }
        Command::Member { standing, login } => {
            let standing = match standing.as_str() {
                "removed" => Standing::Removed,
                "blocked" => Standing::Blocked,
                "member" => Standing::Member,
                other => bail!("it must be removed, blocked or member; it is {other:?}"),
            };
            match backend.set_standing(&login, standing).await {
                Err(backend::Error::LastAdmin) => bail!("this is the last admin: make somebody else an admin first"),
                done => done.context("nobody signs in with that name")?,
            }
            writeln!(out, "Done. If they are in a call, they are out of it within seconds.")?;
        }
        Command::ResetLink { login } => {
            let link = backend.reset_link_for(&login).await.context("nobody signs in with that name")?;
            writeln!(out, "Whoever opens this link chooses a new password for {login}:\n  {}", link.address)?;
        }
        Command::VapidKeys { rotate } => {
            if rotate {
                rotate_vapid_keys(&store, clock.now()).await?;
                writeln!(
                    out,
                    "Devices are given this key when their app is started next, and are reached until then:"
                )?;
            }
            writeln!(out, "{}", vapid_key(&store, clock.now()).await?)?;
        }
        Command::Invite { parish, role } => {
            let role = match role.as_str() {
                "member" => Role::Member,
                "coordinator" => Role::Coordinator,
                "admin" => Role::Admin,
                other => bail!("--role must be member, coordinator or admin; it is {other:?}"),
            };
            let invite = backend.invite(parish.as_deref(), role).await;
            let invite = invite.context("there is no such parish, or several (name one with --parish)")?;
            writeln!(out, "Whoever opens this link can join:\n  {address}/join/{invite}")?;
        }
    }
    Ok(())
}

fn link(address: &str, secret: &str) -> String {
    format!("{address}/sign-in/link?token={secret}")
}

fn demo_as_json(demo: &DemoParish, address: &str) -> serde_json::Value {
    let people: Vec<_> = demo
        .people
        .iter()
        .map(|person| {
            serde_json::json!({
                "name": person.member.name,
                "role": person.member.role,
                "login": person.login,
                "member": person.member.id,
                "link": link(address, &person.secret),
            })
        })
        .collect();
    let channels: Vec<_> = demo
        .channels
        .iter()
        .map(|channel| serde_json::json!({ "id": channel.id, "kind": channel.kind, "name": channel.name }))
        .collect();
    serde_json::json!({ "parish": demo.parish, "people": people, "channels": channels })
}

/// Commands call nobody.
struct NoVoiceServer;

fn nothing<T>() -> Result<T, VoiceServerError> {
    Err(VoiceServerError("commands do not talk to the voice server".to_owned()))
}

#[async_trait]
impl VoiceServer for NoVoiceServer {
    async fn create_room(&self, _: &str) -> Result<(), VoiceServerError> {
        nothing()
    }
    async fn delete_room(&self, _: &str) -> Result<(), VoiceServerError> {
        nothing()
    }
    async fn rooms(&self) -> Result<Vec<String>, VoiceServerError> {
        nothing()
    }
    async fn participants(&self, _: &str) -> Result<Vec<Identity>, VoiceServerError> {
        nothing()
    }
    async fn remove_participant(&self, _: &str, _: Identity) -> Result<(), VoiceServerError> {
        nothing()
    }
    async fn mute_participant(&self, _: &str, _: Identity) -> Result<(), VoiceServerError> {
        nothing()
    }
    fn kind(&self) -> VoiceServerKind {
        VoiceServerKind::Embedded
    }
    fn seats(&self) -> u32 {
        0
    }
    fn access(&self, _: &str, _: Identity) -> Result<Access, VoiceServerError> {
        nothing()
    }
    fn events(&self) -> Option<VoiceEvents> {
        None
    }
}

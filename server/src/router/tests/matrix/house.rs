//! The parish in which everybody asks everything, and is given a copy of it to ask in.

use super::rows::Row;
use super::*;
use backend::testing::settings;
use domain::{
    ChannelKind, DeviceId, InviteId, Language, MemberId, MessageId, ParishId, PersonId, Reported, Role, Timestamp,
    Words,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use store::{NewChannel, NewInvite, NewMember, NewMessage, Store};

/// Who asks, in the order of the columns.
pub(super) const ROLES: [&str; 8] =
    ["nobody", "elsewhere", "apart", "member", "blocked", "left", "coordinator", "admin"];

/// What is going on in the youth group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Given {
    /// David's call rings.
    Ringing,
    /// David's call goes on, with everybody in it who may be.
    Talking,
}

/// Whose ids and secrets the rows are about.
pub(super) struct Known {
    pub(super) parish: ParishId,
    pub(super) group: ChannelId,
    pub(super) direct: ChannelId,
    pub(super) david: MemberId,
    pub(super) davids: MessageId,
    pub(super) call: CallId,
    pub(super) invite: InviteId,
    pub(super) report: domain::ReportId,
    pub(super) device: DeviceId,
    pub(super) push_key: String,
    pub(super) now: Timestamp,
}

impl Known {
    pub(super) const INVITE: &str = "an-invite";
    pub(super) const LINK: &str = "a-link";
    pub(super) const RESET: &str = "a-reset-link";
    pub(super) const CARD: &str = "a-card";
    pub(super) const PASSWORD: &str = "correct horse";
}

pub(super) struct House {
    pub(super) known: Known,
    world: World,
    voice: Voice,
    files: tempfile::TempDir,
    databases: tempfile::TempDir,
    /// What each role has written into the group.
    written: BTreeMap<&'static str, MessageId>,
    copies: AtomicU32,
}

/// The same parish again, where whatever happens stays.
pub(super) struct Copy {
    pub(super) router: Router,
    pub(super) store: Store,
    pub(super) voice: Arc<backend::testing::FakeVoiceServer>,
    _stopping: watch::Sender<bool>,
}

fn session(role: &str) -> String {
    format!("the-session-of-{role}")
}

impl House {
    pub(super) async fn build() -> House {
        let world = World::new().await;
        let (store, now) = (world.store.clone(), world.now());
        let (parish, david) = (world.actor("David").parish(), world.actor("David").member());
        let (zita, _) = world.backend.create_parish("St. Zita").await.unwrap();

        let mut members = BTreeMap::new();
        for role in &ROLES[1..] {
            let (parish, rank) = match *role {
                // Whatever they may do there.
                "elsewhere" => (zita, Role::Admin),
                "admin" => (parish, Role::Admin),
                "coordinator" => (parish, Role::Coordinator),
                _ => (parish, Role::Member),
            };
            let (person, member) = (PersonId(nonce().0), MemberId(nonce().0));
            let (name, login) = ((*role).to_owned(), Some((*role).to_owned()));
            let new = NewMember { person, member, parish, name, role: rank, login, at: now };
            store.insert_member(&new).await.unwrap();
            let hash = backend::secret::hash(&session(role));
            store.insert_session(&hash, member, now, Timestamp(i64::MAX)).await.unwrap();
            members.insert(*role, member);
        }
        // One hash for everybody: making it is what costs.
        let invite = world.backend.invite(Some("St. Anne (demo)"), Role::Member).await.unwrap();
        let here = [127, 0, 0, 1].into();
        let joined = world.backend.sign_up(&invite, "Olga", "olga", Known::PASSWORD, Language::English, here);
        joined.await.unwrap();
        world
            .rewrite(
                "UPDATE persons SET password_hash = (SELECT o.password_hash FROM persons o WHERE o.login = 'olga')",
            )
            .await;

        let group = ChannelId(nonce().0);
        let inside = ["member", "blocked", "left", "coordinator", "admin"].map(|role| members[role]);
        let new = NewChannel {
            id: group,
            parish,
            kind: ChannelKind::Group,
            name: "Youth".to_owned(),
            announcements_only: false,
            members: inside.into_iter().chain([david]).collect(),
            at: now,
        };
        store.insert_channel(&new).await.unwrap();
        let mut written = BTreeMap::new();
        for (role, author) in members.iter().map(|(role, member)| (*role, *member)).chain([("david", david)]) {
            let id = MessageId(nonce().0);
            let words = Words::plain(format!("hello from {role}"));
            if author == david || inside.contains(&author) {
                store.insert_message(&NewMessage { id, channel: group, author, words, at: now }, &[]).await.unwrap();
                written.insert(role, id);
            }
        }

        let later = now + Duration::from_secs(60 * 60);
        let new = NewInvite {
            id: InviteId(nonce().0),
            parish,
            token_hash: backend::secret::hash(Known::INVITE),
            role: Role::Member,
            uses: 5,
            expires_at: later,
            created_by: None,
            at: now,
        };
        store.insert_invite(&new).await.unwrap();
        store.insert_sign_in_link(&backend::secret::hash(Known::LINK), david, later).await.unwrap();
        store.insert_reset_link(&backend::secret::hash(Known::RESET), david, later).await.unwrap();
        world.backend.report(&world.actor("Eva"), Reported::Member(david), "").await.unwrap();
        let report = world.backend.reports(&world.actor("Anna")).await.unwrap()[0].id;

        let actor = async |role| world.backend.authenticate(&session(role)).await.unwrap().unwrap();
        for role in &ROLES[1..] {
            let endpoint = format!("https://fcm.googleapis.com/fcm/send/{role}");
            world.reach(&actor(role).await, &endpoint).await.unwrap();
        }
        world.takes_away("parish", members["left"]).await;
        world.takes_away("blocked", members["blocked"]).await;
        let direct = world.backend.open_direct(&world.actor("David"), members["member"]).await.unwrap();

        let call = world.backend.initiate_call(&world.actor("David"), group, vec![], tap()).await.unwrap().call.id;
        world.settle().await;
        let of_member = backend::secret::hash(&session("member"));
        store.put_ring_card(call, &of_member, &backend::secret::hash(Known::CARD), 1).await.unwrap();
        let databases = tempfile::tempdir().unwrap();
        let keep = async |given: Given| {
            let file = template(databases.path(), given);
            world.rewrite(&format!("VACUUM INTO '{}'", file.display())).await;
        };
        keep(Given::Ringing).await;
        for role in ["member", "coordinator", "admin"] {
            world.backend.answer_call(&actor(role).await, call, tap()).await.unwrap();
        }
        keep(Given::Talking).await;

        let config = crate::config::tests::config(&["--voice-udp-port=0", "--voice-tcp-port=0"]);
        let voice = Voice::start(config.voice.settings(true).unwrap()).unwrap();
        let push_key = world.backend.push_key().await.unwrap();
        let davids = written["david"];
        let device = actor("member").await.device();
        let known = Known {
            parish,
            group,
            direct,
            david,
            davids,
            call,
            invite: new.id,
            report,
            device,
            push_key,
            now: world.now(),
        };
        House { known, world, voice, files: files(), databases, written, copies: AtomicU32::new(0) }
    }

    /// The parish as it was when it was built.
    pub(super) async fn copy(&self, given: Given) -> Copy {
        let number = self.copies.fetch_add(1, Ordering::Relaxed);
        let file = self.databases.path().join(format!("copy-{number}.db"));
        std::fs::copy(template(self.databases.path(), given), &file).unwrap();
        let store = Store::open(&format!("sqlite:{}", file.display())).await.unwrap();
        let voice = Arc::new(backend::testing::FakeVoiceServer::default());
        let backend = Backend::new(store.clone(), self.world.ports(voice.clone()), settings());
        backend.open_rooms().await.unwrap();
        let (stopping, closing) = watch::channel(false);
        let cron_secret = Some(CronSecret::new(CRON_SECRET.to_owned()));
        let webhooks = Some(Arc::new(self.world.webhooks()));
        let machines = Machines { webhooks, cron_secret };
        let parts = parts(backend, self.files.path(), "ws://127.0.0.1:7880", machines, closing);
        Copy { router: router(parts.into(), Some(self.voice.router()), vec![]), store, voice, _stopping: stopping }
    }

    /// What this row sends, when it is this role's turn.
    pub(super) fn request(&self, row: &Row, role: &str) -> Request {
        let mine = self.written.get(role).unwrap_or(&self.known.davids).to_string();
        let fill = |text: &str| text.replace("MINE", &mine).replace("ROLE", role);
        let mut request = Request::builder().method(row.method.clone()).uri(fill(&row.path));
        request = request.header(HOST, "parish.example");
        if !row.kind.is_empty() {
            request = request.header(CONTENT_TYPE, row.kind);
        }
        if role != "nobody" {
            request = request.header(COOKIE, format!("paxora={}", session(role)));
        }
        request.body(fill(&row.body).into()).unwrap()
    }

    pub(super) async fn close(self) {
        self.voice.stop().await;
    }
}

fn template(folder: &Path, given: Given) -> PathBuf {
    folder.join(match given {
        Given::Ringing => "ringing.db",
        Given::Talking => "talking.db",
    })
}

impl Copy {
    /// The status and what is in the answer; of a stream, the status alone.
    pub(super) async fn send(&self, request: Request) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        if response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream") {
            let (parts, _) = response.into_parts();
            return Answer { status: parts.status.as_u16(), headers: parts.headers, text: String::new() };
        }
        Answer::of(response).await
    }

    /// All that is remembered, here and on the voice server.
    pub(super) async fn contents(&self) -> BTreeMap<String, Vec<String>> {
        let mut contents = store::testing::contents(&self.store).await.unwrap();
        contents.insert("rooms of the voice server".to_owned(), self.voice.open_rooms());
        contents
    }
}

//! A fresh database for one test, and short words for what most tests begin with.

use domain::call::NewCall;
use domain::{
    Audience, Call, CallId, Callee, Callees, ChannelId, ChannelKind, Command, DeviceId, Effect, InviteId, Member,
    MemberId, MessageId, ParishId, PersonId, Role, Timestamp, Words,
};
use sqlx::AnyPool;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::{
    Change, ChannelRow, Inserted, Job, NewChannel, NewInvite, NewMember, NewMessage, NewParish, Saved, SignUp, Store,
};
use uuid::Uuid;

/// The moment at which tests begin.
pub(crate) const T0: Timestamp = Timestamp(1_800_000_000_000);

/// Some seconds later.
pub(crate) fn after(seconds: u64) -> Timestamp {
    T0 + Duration::from_secs(seconds)
}

pub(crate) struct Db {
    pub(crate) store: Store,
    /// What a second process would have: its own connections to the same database.
    pub(crate) other: Store,
    /// For writing what the store would never write.
    pub(crate) raw: AnyPool,
    /// Where it is.
    pub(crate) url: String,
    last_id: AtomicU64,
}

pub(crate) async fn on_sqlite<F>(promise: impl FnOnce(Db) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/a folder/paxora.db", folder.path().display());
    promise(Db::open(&url).await).await;
}

pub(crate) async fn on_postgres<F>(promise: impl FnOnce(Db) -> F + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    store::testing::on_postgres(|url| async move { promise(Db::open(&url).await).await }).await;
}

pub(crate) async fn run(pool: &AnyPool, sql: impl Into<String>) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.into())).execute(pool).await.unwrap();
}

impl Db {
    async fn open(url: &str) -> Db {
        let store = Store::open(url).await.unwrap();
        store.migrate().await.unwrap();
        let other = Store::open(url).await.unwrap();
        let raw = AnyPool::connect(url).await.unwrap();
        Db { store, other, raw, url: url.to_owned(), last_id: AtomicU64::new(0) }
    }

    /// Nobody has it open any more.
    pub(crate) async fn close(&self) {
        self.store.close().await;
        self.other.close().await;
        self.raw.close().await;
    }

    /// A fresh id, greater than those before it.
    pub(crate) fn uuid(&self) -> Uuid {
        Uuid::from_u128((0x0190_0000_0000_7000_8000 << 48) | u128::from(self.last_id.fetch_add(1, Ordering::Relaxed)))
    }

    pub(crate) async fn raw(&self, sql: impl Into<String>) {
        run(&self.raw, sql).await;
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.raw).await.unwrap()
    }

    pub(crate) async fn parish(&self) -> ParishId {
        let id = ParishId(self.uuid());
        self.store.insert_parish(&NewParish { id, name: "St. Anne".into(), at: T0 }).await.unwrap();
        id
    }

    pub(crate) async fn member(&self, parish: ParishId, name: &str) -> MemberId {
        self.member_as(parish, name, Role::Member).await
    }

    pub(crate) async fn member_as(&self, parish: ParishId, name: &str, role: Role) -> MemberId {
        let (person, member) = (PersonId(self.uuid()), MemberId(self.uuid()));
        let login = Some(format!("{}@{member}", name.to_lowercase()));
        let new = NewMember { person, member, parish, name: name.into(), role, login, at: T0 };
        self.store.insert_member(&new).await.unwrap();
        member
    }

    pub(crate) async fn leaves(&self, member: MemberId) {
        self.raw(format!("UPDATE members SET left_at = {} WHERE id = '{member}'", T0.0)).await;
    }

    pub(crate) async fn is_blocked(&self, member: MemberId) {
        self.raw(format!("UPDATE members SET blocked_at = {} WHERE id = '{member}'", T0.0)).await;
    }

    pub(crate) fn new_channel(&self, parish: ParishId, kind: ChannelKind, members: &[MemberId]) -> NewChannel {
        let (id, members) = (ChannelId(self.uuid()), members.to_vec());
        NewChannel { id, parish, kind, name: format!("{kind:?}"), announcements_only: false, members, at: T0 }
    }

    pub(crate) async fn channel(&self, parish: ParishId, kind: ChannelKind, members: &[MemberId]) -> ChannelId {
        let new = self.new_channel(parish, kind, members);
        self.store.insert_channel(&new).await.unwrap();
        new.id
    }

    /// A channel as one of its members sees it.
    pub(crate) async fn seen(&self, member: MemberId, channel: ChannelId) -> ChannelRow {
        let channels = self.store.channels_of(member).await.unwrap();
        channels.into_iter().find(|row| row.id == channel).expect("their channel")
    }

    pub(crate) async fn says(&self, author: MemberId, channel: ChannelId, body: &str) -> MessageId {
        let id = MessageId(self.uuid());
        let words = Words::plain(body.to_owned());
        self.store.insert_message(&NewMessage { id, channel, author, words, at: T0 }, &[]).await.unwrap().unwrap()
    }

    pub(crate) async fn invite(&self, parish: ParishId, uses: u32) -> NewInvite {
        let id = InviteId(self.uuid());
        let invite = NewInvite {
            id,
            parish,
            token_hash: format!("hash of {id}"),
            role: Role::Member,
            uses,
            expires_at: after(60),
            created_by: None,
            at: T0,
        };
        self.store.insert_invite(&invite).await.unwrap();
        invite
    }

    pub(crate) fn sign_up(&self, invite: &NewInvite, login: &str) -> SignUp {
        SignUp {
            person: PersonId(self.uuid()),
            member: MemberId(self.uuid()),
            name: "Anna".into(),
            login: Some(login.into()),
            password_hash: Some("$argon2id$…".into()),
            locale: "pl".into(),
            invite_token_hash: invite.token_hash.clone(),
            at: T0,
        }
    }

    /// A call that rings, not yet stored.
    pub(crate) fn new_call(&self, audience: Audience, channel: ChannelId, members: &[MemberId]) -> Call {
        let (initiator, callees) = members.split_first().unwrap();
        let new = NewCall {
            id: CallId(self.uuid()),
            channel,
            kind: ChannelKind::Group,
            initiator: *initiator,
            device: PHONE,
            audience,
            callees: Callees::Ring(callees.iter().copied().map(Callee::from).collect(), Duration::from_secs(30)),
        };
        Call::start(new, T0).unwrap().0
    }

    /// A call that rings, for everybody in the channel.
    pub(crate) async fn call(&self, channel: ChannelId, members: &[MemberId]) -> Call {
        let call = self.new_call(Audience::Channel, channel, members);
        assert_eq!(self.store.start_call(&nothing_more(&call), None).await.unwrap(), Inserted::Yes);
        call
    }

    /// A call that rings, for those who are in it only.
    pub(crate) async fn invited_call(&self, channel: ChannelId, members: &[MemberId]) -> Call {
        let call = self.new_call(Audience::Invited, channel, members);
        assert_eq!(self.store.start_call(&nothing_more(&call), None).await.unwrap(), Inserted::Yes);
        call
    }

    /// Carries out a command on the call as it is stored, and saves it with what follows.
    pub(crate) async fn change(&self, id: CallId, command: Command, at: Timestamp) -> Call {
        let call = self.store.call(id).await.unwrap().unwrap();
        let (call, effects) = call.apply(command, at).unwrap();
        let card = effects.contains(&Effect::PostCard).then(|| MessageId(self.uuid()));
        let change = Change { card, at, ..nothing_more(&call) };
        assert_eq!(self.store.save_calls(&[change]).await.unwrap(), Saved::Yes);
        Call { version: call.version + 1, ..call }
    }

    pub(crate) fn job(&self) -> Job {
        let id = self.uuid().to_string();
        Job { id, kind: "ring".into(), payload: "{}".into(), not_before: T0, expires_at: after(30) }
    }
}

/// The call as it is, and nothing else.
pub(crate) fn nothing_more(call: &Call) -> Change {
    Change { call: call.clone(), card: None, missed: vec![], jobs: vec![], request: None, at: T0 }
}

pub(crate) const PHONE: DeviceId = DeviceId(Uuid::from_u128(31));

pub(crate) fn answer(member: MemberId) -> Command {
    Command::Answer { member, device: PHONE, seats: 20 }
}

pub(crate) fn leave(member: MemberId) -> Command {
    Command::Leave { member, device: Some(PHONE) }
}

pub(crate) fn names(members: &[Member]) -> Vec<&str> {
    members.iter().map(|member| &*member.name).collect()
}

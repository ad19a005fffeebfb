//! What whoever runs the server can do from its shell: open a parish, invite, fill in demo data.

mod month;
mod words;

use crate::care::done;
use crate::{Backend, Error, ids, secret};
use domain::{Channel, ChannelId, ChannelKind, MemberId, ParishId, PersonId, Role, Timestamp, Words};
use std::time::Duration;
use store::{NewChannel, NewMember, NewMessage, NewParish};

/// The demo parish's name: also how it is found again.
const DEMO_PARISH: &str = "St. Anne (demo)";
/// Who lives in it: name, login, role.
const DEMO_PEOPLE: [(&str, &str, Role); 5] = [
    ("Anna Nowak", "anna", Role::Admin),
    ("Ben Carter", "ben", Role::Member),
    ("Clara Ruiz", "clara", Role::Coordinator),
    ("David Kowalski", "david", Role::Member),
    ("Eva Lind", "eva", Role::Member),
];
/// How long a demo sign-in link lasts.
const DEMO_LINK_TTL: Duration = Duration::from_secs(60 * 60 * 24);

/// The demo parish, ready to be walked into.
pub struct DemoParish {
    /// Which one.
    pub parish: ParishId,
    /// Its people, each with a fresh one-time link.
    pub people: Vec<DemoLink>,
    /// Its channels.
    pub channels: Vec<Channel>,
}

/// What somebody may do in their parish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// What their role allows.
    Member,
    /// Read, but neither write nor call.
    Blocked,
    /// Nothing: they belong to it no more.
    Removed,
}

/// A way to sign in as somebody of the demo parish.
pub struct DemoLink {
    /// Who.
    pub member: domain::Member,
    /// What they would sign in with, had they a password.
    pub login: String,
    /// The secret of a one-time link.
    pub secret: String,
}

impl Backend {
    /// Opens a parish with a channel for everybody, and answers the invite of its first admin.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that cannot be taken.
    pub async fn create_parish(&self, name: &str) -> Result<(ParishId, String), Error> {
        let name = domain::text::name(name)?;
        let now = self.now();
        let parish = self.new_parish(&name, now).await?;
        self.new_channel(parish, ChannelKind::Parish, &name, false, vec![], now).await?;
        Ok((parish, self.new_invite(parish, Role::Admin, now).await?))
    }

    /// An invite into the parish of this name; into the only one, if no name is given.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such parish, or several and no name was given.
    pub async fn invite(&self, parish: Option<&str>, role: Role) -> Result<String, Error> {
        let parishes = self.inner.store.parishes().await?;
        let mut fitting = parishes.iter().filter(|p| parish.is_none_or(|name| p.name == name));
        match (fitting.next(), fitting.next()) {
            (Some(parish), None) => self.new_invite(parish.id, role, self.now()).await,
            _ => Err(Error::NotFound),
        }
    }

    /// The demo parish, made now if there was none, and a fresh sign-in link for everybody in it.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn demo(&self) -> Result<DemoParish, Error> {
        let known = self.inner.store.parishes().await?.into_iter().find(|parish| parish.name == DEMO_PARISH);
        let parish = match known {
            Some(parish) => parish.id,
            None => self.make_demo_parish().await?,
        };
        let members = self.inner.store.members_with_login(parish).await?;
        let mut people = vec![];
        for (_, login, _) in DEMO_PEOPLE {
            if let Some((member, _)) = members.iter().find(|(_, known)| known.as_deref() == Some(login)) {
                let secret = secret::fresh();
                let expires = self.now() + DEMO_LINK_TTL;
                self.inner.store.insert_sign_in_link(&secret::hash(&secret), member.id, expires).await?;
                people.push(DemoLink { member: member.clone(), login: login.to_owned(), secret });
            }
        }
        let mut channels: Vec<Channel> = vec![];
        for person in &people {
            for row in self.inner.store.channels_of(person.member.id).await? {
                if channels.iter().all(|known| known.id != row.id) {
                    let name = match &row.other {
                        Some(other) => format!("{} – {}", person.member.name, other.name),
                        None => row.name,
                    };
                    channels.push(Channel {
                        id: row.id,
                        kind: row.kind,
                        name,
                        other: row.other.map(|member| member.id),
                        members: vec![],
                        announcements_only: row.announcements_only,
                        unread: row.unread,
                        first_unread: row.first_unread,
                        notices: row.notices,
                        may_call: false,
                        may_post: false,
                    });
                }
            }
        }
        Ok(DemoParish { parish, people, channels })
    }

    /// As [`Backend::demo`]; if the parish is made now, with forty members and a month of messages and calls in it.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn demo_of_a_month(&self) -> Result<DemoParish, Error> {
        if self.inner.store.parishes().await?.iter().all(|parish| parish.name != DEMO_PARISH) {
            let parish = self.make_demo_parish().await?;
            self.live_through_a_month(parish).await?;
        }
        self.demo().await
    }

    /// Takes whoever signs in with this login out of their parish, or blocks them, or lets them write and call again.
    /// If they are in a call, they are out of it within seconds.
    ///
    /// # Errors
    /// [`Error::NotFound`] if nobody signs in with it; [`Error::LastAdmin`].
    pub async fn set_standing(&self, login: &str, standing: Standing) -> Result<(), Error> {
        let known = self.inner.store.credentials(login).await?.ok_or(Error::NotFound)?;
        let now = self.now();
        match standing {
            Standing::Member => self.inner.store.block_member(known.member, None).await?,
            Standing::Blocked => self.inner.store.block_member(known.member, Some(now)).await?,
            // Whoever serves takes them out of their call, and tells the others in it.
            Standing::Removed => done(self.inner.store.leave_parish(known.member, now).await?)?,
        }
        Ok(())
    }

    async fn make_demo_parish(&self) -> Result<ParishId, Error> {
        let now = self.now();
        let parish = self.new_parish(DEMO_PARISH, now).await?;
        let everybody = self.new_channel(parish, ChannelKind::Parish, "Parish", false, vec![], now).await?;
        self.new_channel(parish, ChannelKind::Parish, "Announcements", true, vec![], now).await?;
        let mut members = vec![];
        for (name, login, role) in DEMO_PEOPLE {
            let new = NewMember {
                person: PersonId(ids::fresh(now)),
                member: MemberId(ids::fresh(now)),
                parish,
                name: name.to_owned(),
                role,
                login: Some(login.to_owned()),
                at: now,
            };
            self.inner.store.insert_member(&new).await?;
            members.push(new.member);
        }
        let [anna, ben, clara, david, _] = members[..] else { return Ok(parish) };
        let choir = self.new_channel(parish, ChannelKind::Group, "Choir", false, vec![anna, ben, clara], now).await?;
        let direct = self.new_channel(parish, ChannelKind::Direct, "", false, vec![anna, ben], now).await?;
        self.new_channel(parish, ChannelKind::Direct, "", false, vec![clara, david], now).await?;
        for (channel, author, body) in [
            (everybody, anna, "Welcome to St. Anne's."),
            (choir, clara, "Rehearsal is on Thursday at seven, in the small hall."),
            (direct, ben, "Good morning, Anna. Shall we talk about Sunday?"),
        ] {
            let id = domain::MessageId(ids::fresh(now));
            let words = Words::plain(body.to_owned());
            self.inner.store.insert_message(&NewMessage { id, channel, author, words, at: now }, &[]).await?;
        }
        Ok(parish)
    }

    async fn new_parish(&self, name: &str, now: Timestamp) -> Result<ParishId, Error> {
        let id = ParishId(ids::fresh(now));
        self.inner.store.insert_parish(&NewParish { id, name: name.to_owned(), at: now }).await?;
        Ok(id)
    }

    async fn new_channel(
        &self,
        parish: ParishId,
        kind: ChannelKind,
        name: &str,
        announcements_only: bool,
        members: Vec<MemberId>,
        now: Timestamp,
    ) -> Result<ChannelId, Error> {
        let id = ChannelId(ids::fresh(now));
        let name = name.to_owned();
        let new = NewChannel { id, parish, kind, name, announcements_only, members, at: now };
        self.inner.store.insert_channel(&new).await?;
        Ok(id)
    }
}

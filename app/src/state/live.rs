//! The parish, live: channels with their unread counts, calls, new messages. How the news of it come is in [`contact`].

mod contact;

use crate::address;
use crate::api;
use crate::browser;
use crate::error::Problem;
use domain::{
    CallError, CallId, CallSnapshot, Channel, ChannelId, Community, Event, Hue, Live as LiveNow, MemberId, Message,
    MessageId, Notices, Role,
};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::HashMap;

/// What the server knows when it renders a page: the parish, or nothing for who is signed out.
#[derive(Clone)]
pub struct InitialCommunity(pub Option<Community>);

/// A call, and when we heard of it: snapshots carry durations.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Heard {
    pub(super) call: CallSnapshot,
    /// By [`browser::now`].
    pub(super) at: f64,
}

/// The parish, live. Cheap to copy; all copies are one.
#[derive(Clone, Copy)]
pub struct Live {
    community: RwSignal<Option<Community>>,
    calls: RwSignal<Vec<Heard>>,
    /// The newest version seen of each call, also of those that are over: what is older is not believed.
    versions: StoredValue<HashMap<CallId, u32>>,
    last_over: RwSignal<Option<CallSnapshot>>,
    arrived: RwSignal<Vec<Message>>,
    generation: RwSignal<u32>,
    now: RwSignal<f64>,
    last_event: StoredValue<f64>,
    /// When the tab that holds the stream was last heard of.
    last_sign: StoredValue<f64>,
    broken: StoredValue<bool>,
    last_opened: StoredValue<f64>,
    last_asked: StoredValue<f64>,
    /// When the news last came, or were fetched.
    last_news: StoredValue<f64>,
    asking: StoredValue<bool>,
    /// What those are called who have deleted their account, in the language of the page.
    someone: RwSignal<Option<Signal<&'static str>>>,
}

/// Makes the parish live for everything below. Opens the event stream in the browser; does nothing more on the server.
pub fn provide_live(initial: Option<Community>) -> Live {
    let live = Live {
        community: RwSignal::new(initial),
        calls: RwSignal::default(),
        versions: StoredValue::default(),
        last_over: RwSignal::default(),
        arrived: RwSignal::default(),
        generation: RwSignal::default(),
        now: RwSignal::default(),
        last_event: StoredValue::default(),
        last_sign: StoredValue::default(),
        broken: StoredValue::default(),
        last_opened: StoredValue::default(),
        last_asked: StoredValue::default(),
        last_news: StoredValue::default(),
        asking: StoredValue::default(),
        someone: RwSignal::default(),
    };
    provide_context(live);
    // Effects run in the browser only, once the page is alive.
    Effect::new(move || {
        if let Some(me) = live.me_untracked() {
            live.stay_in_contact(me);
        }
    });
    live
}

/// The parish, live.
///
/// # Panics
/// Outside of the app.
#[must_use]
pub fn use_live() -> Live {
    expect_context()
}

impl Live {
    /// The parish as this member sees it; none for who is signed out.
    #[must_use]
    pub fn community(&self) -> Signal<Option<Community>> {
        self.community.into()
    }

    /// Who is signed in.
    #[must_use]
    pub fn me(&self) -> Option<MemberId> {
        self.community.with(|community| community.as_ref().map(|community| community.me.id))
    }

    /// A member's name; that they have left, if they have taken it along; empty for somebody we do not know.
    #[must_use]
    pub fn name_of(&self, member: MemberId) -> String {
        let known = self.community.with(|community| {
            let members = community.iter().flat_map(|it| it.members.iter().chain(&it.former));
            members.into_iter().find(|known| known.id == member).map(|known| known.name.clone())
        });
        match known {
            Some(name) if name.is_empty() => {
                self.someone.get().map(|someone| someone.get().to_owned()).unwrap_or_default()
            }
            known => known.unwrap_or_default(),
        }
    }

    /// From now on those are called this who have deleted their account.
    pub fn call_the_nameless(&self, someone: Signal<&'static str>) {
        self.someone.set(Some(someone));
    }

    /// The colour that a member has chosen; none if they have not.
    #[must_use]
    pub fn hue_of(&self, member: MemberId) -> Option<Hue> {
        self.community.with(|community| {
            let hues = community.iter().flat_map(|community| &community.hues);
            hues.into_iter().find(|(known, _)| *known == member).map(|(_, hue)| *hue)
        })
    }

    /// What a member may do; none for somebody we do not know.
    #[must_use]
    pub fn role_of(&self, member: MemberId) -> Option<Role> {
        self.community.with(|community| {
            let members = community.iter().flat_map(|community| &community.members);
            members.into_iter().find(|known| known.id == member).map(|known| known.role)
        })
    }

    /// Whether this member's calls do not ring here.
    #[must_use]
    pub fn has_blocked(&self, member: MemberId) -> bool {
        self.community.with(|community| community.iter().any(|community| community.blocked.contains(&member)))
    }

    /// A channel of this member.
    #[must_use]
    pub fn channel(&self, channel: ChannelId) -> Option<Channel> {
        self.community
            .with(|community| {
                community
                    .as_ref()
                    .and_then(|community| community.channels.iter().find(|known| known.id == channel).cloned())
            })
            .map(|channel| match channel.other.filter(|_| channel.name.is_empty()) {
                // They have deleted their account.
                Some(other) => Channel { name: self.name_of(other), ..channel },
                None => channel,
            })
    }

    /// Whether this member is in a call, on whichever device.
    #[must_use]
    pub fn is_in_a_call(&self) -> bool {
        let me = self.me();
        self.calls.with(|calls| me.is_some_and(|me| calls.iter().any(|heard| heard.call.is_connected(me))))
    }

    /// How many missed calls this member has taken no notice of.
    #[must_use]
    pub fn missed(&self) -> u32 {
        self.community.with(|community| community.as_ref().map_or(0, |community| community.missed))
    }

    /// The live calls that this member may see, newest first.
    #[must_use]
    pub fn live_calls(&self) -> Vec<CallId> {
        self.calls.with(|calls| calls.iter().map(|heard| heard.call.id).collect())
    }

    /// Looks at a live call, if this member may see it.
    pub fn with_call<T>(&self, call: CallId, look: impl FnOnce(&CallSnapshot) -> T) -> Option<T> {
        self.calls.with(|calls| calls.iter().map(|heard| &heard.call).find(|known| known.id == call).map(look))
    }

    /// Looks at the call to speak of in a channel: the one for everybody in it, or the one this member is in.
    pub fn with_call_in<T>(&self, channel: ChannelId, look: impl FnOnce(&CallSnapshot) -> T) -> Option<T> {
        let me = self.me();
        self.calls.with(|calls| {
            let here = || calls.iter().map(|heard| &heard.call).filter(|call| call.channel_id == channel);
            let mine = here().find(|call| me.is_some_and(|me| call.is_connected(me)));
            mine.or_else(|| here().find(|call| call.audience == domain::Audience::Channel)).map(look)
        })
    }

    /// Whether this member could come into this call, or go on in it with this device.
    ///
    /// # Errors
    /// As the server would answer now.
    pub fn check_way_in(&self, call: &CallSnapshot) -> Result<(), CallError> {
        let Some((me, seats)) = self.community.with(|community| community.as_ref().map(|c| (c.me.id, c.seats))) else {
            return Err(CallError::NotInvited);
        };
        call.check_way_in(me, seats)
    }

    /// Messages that came since the page was loaded, oldest first.
    #[must_use]
    pub fn arrived(&self, channel: ChannelId) -> Vec<Message> {
        self.arrived.with(|messages| messages.iter().filter(|message| message.channel == channel).cloned().collect())
    }

    /// Rises when something may have been missed: fetch again what was loaded before.
    #[must_use]
    pub fn generation(&self) -> Signal<u32> {
        self.generation.into()
    }

    /// Adds a message that this tab has just written.
    pub fn post(&self, message: Message) {
        self.take_message(message);
    }

    /// Everything in the channel up to this message has been read.
    pub fn has_read(&self, channel: ChannelId, up_to: MessageId) {
        let unread = self.community.with_untracked(|community| {
            let channels = community.iter().flat_map(|community| &community.channels);
            channels.into_iter().any(|known| known.id == channel && known.unread > 0)
        });
        if unread {
            self.change_channel(channel, |channel| channel.set_unread(0));
            spawn_local(async move {
                // If this fails, the count comes back with the next snapshot.
                let _ = api::mark_read(channel, up_to).await;
            });
        }
    }

    /// This member has chosen what they are told of in a channel.
    pub(crate) fn set_notices(&self, channel: ChannelId, notices: Notices) {
        self.change_channel(channel, |channel| channel.notices = notices);
    }

    /// The missed calls of this channel, or of all, stand on a page that somebody looks at.
    pub(crate) fn has_seen_missed_calls(&self, channel: Option<ChannelId>) {
        if untrack(|| self.missed()) > 0 {
            spawn_local(async move {
                // If this fails, they are counted until somebody looks again.
                let _ = api::mark_calls_seen(channel).await;
            });
        }
    }

    /// Fetches the channels and members again.
    pub fn reload(&self) {
        let live = *self;
        spawn_local(async move {
            match api::community().await {
                Ok(community) => live.community.set(Some(community)),
                Err(error) => live.note(error.problem),
            }
        });
    }

    /// This moment, by [`browser::now`]; ticks every second.
    pub(crate) fn now(&self) -> Signal<f64> {
        self.now.into()
    }

    /// The live calls, with the moment each was heard of.
    pub(super) fn heard(&self) -> RwSignal<Vec<Heard>> {
        self.calls
    }

    /// The call that ended last.
    pub(super) fn last_over(&self) -> RwSignal<Option<CallSnapshot>> {
        self.last_over
    }

    /// Takes a snapshot of a call, unless a newer one is known.
    pub(super) fn take_call(&self, call: CallSnapshot) {
        let known = self.versions.with_value(|versions| versions.get(&call.id).copied());
        if known.is_some_and(|known| call.version < known) {
            return;
        }
        self.versions.update_value(|versions| {
            versions.insert(call.id, call.version);
        });
        let over = call.is_over();
        if over {
            self.last_over.set(Some(call.clone()));
        }
        self.calls.update(|calls| {
            calls.retain(|heard| heard.call.id != call.id);
            if !over {
                calls.push(Heard { call, at: browser::now() });
                calls.sort_by_key(|heard| std::cmp::Reverse(heard.call.id));
            }
        });
    }

    fn hear(&self, data: &str) {
        // An event that cannot be read is one of a newer server; the snapshots we ask for ourselves do not depend on it.
        let Ok(event) = serde_json::from_str::<Event>(data) else { return };
        let now = browser::now();
        self.last_event.set_value(now);
        self.last_news.set_value(now);
        self.broken.set_value(false);
        // The clock of a hidden page may stand still between two events.
        self.now.set(now);
        match event {
            Event::Snapshot(now) => self.start_over(now),
            Event::Call(call) => self.take_call(call),
            Event::Message(message) => self.take_message(message),
            Event::Changed(message) => self.change(message),
            Event::Unread { channel, unread } => self.change_channel(channel, |channel| channel.set_unread(unread)),
            Event::Missed(missed) => self.take_missed(missed),
            Event::Community => self.reload(),
            Event::Beat => {}
        }
    }

    /// Something may have been missed, also while the page was on its way here.
    fn start_over(&self, now: LiveNow) {
        self.take_snapshot(now);
        self.reload();
        // What is fetched again is newer.
        self.arrived.set(vec![]);
        self.generation.update(|generation| *generation += 1);
    }

    fn take_snapshot(&self, now: LiveNow) {
        let gone: Vec<CallId> = self.calls.with_untracked(|calls| {
            // What we heard of after this was asked for is newer.
            let known = calls.iter().filter(|heard| heard.call.as_of < now.as_of);
            let gone = known.filter(|heard| now.calls.iter().all(|call| call.id != heard.call.id));
            gone.map(|heard| heard.call.id).collect()
        });
        self.calls.update(|calls| calls.retain(|heard| !gone.contains(&heard.call.id)));
        for call in now.calls {
            self.take_call(call);
        }
        for (channel, unread) in now.unread {
            self.change_channel(channel, |channel| channel.set_unread(unread));
        }
        self.take_missed(now.missed);
    }

    fn take_missed(&self, missed: u32) {
        if untrack(|| self.missed()) != missed {
            self.community.update(|community| community.iter_mut().for_each(|community| community.missed = missed));
        }
    }

    fn take_message(&self, message: Message) {
        let known = self.arrived.with_untracked(|messages| messages.iter().any(|known| known.id == message.id));
        if known {
            return;
        }
        if self.me_untracked() != Some(message.author) {
            self.change_channel(message.channel, |channel| channel.add_unread(message.id));
        }
        self.arrived.update(|messages| messages.push(message));
    }

    /// A line that was read, or not, and now says something else.
    pub(crate) fn change(&self, message: Message) {
        self.arrived.update(|messages| {
            messages.retain(|known| known.id != message.id);
            messages.push(message);
        });
    }

    fn change_channel(&self, id: ChannelId, change: impl FnOnce(&mut Channel)) {
        let mut change = Some(change);
        self.community.update(|community| {
            let channels = community.iter_mut().flat_map(|community| &mut community.channels);
            if let (Some(channel), Some(change)) =
                (channels.into_iter().find(|channel| channel.id == id), change.take())
            {
                change(channel);
            }
        });
    }

    pub(super) fn me_untracked(&self) -> Option<MemberId> {
        self.community.with_untracked(|community| community.as_ref().map(|community| community.me.id))
    }

    /// A session that is over ends in the sign-in page; anything else, the next try may mend.
    fn note(&self, problem: Problem) {
        if problem == Problem::SignedOut {
            let locale = address::locale(&browser::path()).unwrap_or_default();
            browser::go_to(&address::sign_in(locale));
        }
    }
}

//! How a ring reaches somebody who does not look at the page.

use crate::address;
use crate::browser::Notice;
use crate::browser::attention::Notification;
use crate::i18n::{I18n, t, use_i18n};
use crate::state::{Aloud, Live, use_live, use_ringer};
use crate::ui::use_title_news;
use domain::ChannelKind;
use leptos::prelude::*;

/// Shows nothing on the page: while a call rings out loud, the title of every tab says so, and where no tab may be heard
/// there is a notification in place of the sound.
#[component]
pub(crate) fn RingNotice() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let ringer = use_ringer();
    let (aloud, locked) = (ringer.aloud(), ringer.is_locked());
    let (title, now) = (use_title_news(), live.now());
    Effect::new(move |before: Option<bool>| {
        now.track();
        let caller = aloud.get().map(|call| live.name_of(call.caller));
        let flashes = caller.is_some() && before != Some(true);
        let words = caller.filter(|_| flashes).map(|name| t!(i18n, incoming.flash, name));
        if title.with_untracked(|shown| *shown != words) {
            title.set(words);
        }
        flashes
    });
    let needed = Memo::new(move |_| aloud.get().filter(|_| locked.get()));
    Effect::new(move |before: Option<Option<Notification>>| {
        drop(before);
        needed.get().map(|call| Notification::show(notice(i18n, live, &call), ringer.nobody_is_heard()))
    });
}

/// As the one that comes by push.
fn notice(i18n: I18n, live: Live, call: &Aloud) -> Notice {
    let name = live.name_of(call.caller);
    let channel = live.channel(call.channel).filter(|channel| channel.kind != ChannelKind::Direct);
    let title = match &channel {
        Some(channel) if channel.kind == ChannelKind::Group => {
            t!(i18n, incoming.notice.group, name = channel.name.clone())
        }
        _ => t!(i18n, incoming.notice.direct, name),
    };
    let body = match channel {
        Some(channel) => t!(i18n, incoming.notice.place, name = channel.name),
        None => t!(i18n, incoming.kind).to_owned(),
    };
    let url = format!("{}&callId={}", address::channel(i18n.locale(), call.channel), call.call);
    Notice { title, body, call: call.call, url }
}

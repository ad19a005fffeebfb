//! The chat: channels, people, messages.

mod around;
mod call_back;
mod call_history;
mod call_line;
mod call_row;
mod channel_emblem;
mod channel_view;
mod composer;
mod line;
mod message_line;
mod message_sheet;
mod naming;
mod new_talk;
mod notices;
mod person_list;
mod profile;
mod ring_offer;
mod search;
mod sidebar;
mod timeline;

pub(crate) use call_history::CallHistory;
pub(crate) use channel_emblem::ChannelEmblem;
pub(crate) use channel_view::ChannelView;
pub(crate) use person_list::PersonList;
pub(crate) use sidebar::Sidebar;

use crate::state::Live;
use domain::channel::UNREAD_AT_MOST;
use leptos::prelude::*;

/// A number of unread lines as it is shown. Nobody needs to know more than that there are many.
pub(crate) fn as_shown(unread: u32) -> String {
    const MOST: u32 = UNREAD_AT_MOST - 1;
    if unread > MOST { format!("{MOST}+") } else { unread.to_string() }
}

/// How many lines this member has not read, in all their channels. Follows along.
pub(crate) fn unread(live: Live) -> u32 {
    live.community().with(|community| {
        community.as_ref().map_or(0, |community| community.channels.iter().map(|channel| channel.unread).sum())
    })
}

//! Calls that begin at somebody's name.

use super::VoiceCalls;
use crate::api;
use domain::{ChannelKind, MemberId};
use leptos::prelude::*;
use leptos::task::spawn_local;

impl VoiceCalls {
    /// Calls a member of the parish in the direct channel of the two, which is made if there is none. Does nothing while in
    /// a call.
    pub fn start_direct(&self, member: MemberId) {
        let known = self.live.community().with_untracked(|community| {
            let channels = community.iter().flat_map(|community| &community.channels);
            let mut direct = channels.into_iter().filter(|channel| channel.kind == ChannelKind::Direct);
            direct.find(|channel| channel.other == Some(member)).map(|channel| channel.id)
        });
        if let Some(channel) = known {
            return self.start(channel, Vec::new());
        }
        let calls = *self;
        // A tap counts for a while: the microphone is asked for as soon as there is a channel.
        spawn_local(async move {
            match api::open_direct(member).await {
                Ok(channel) => {
                    calls.live.reload();
                    calls.start(channel, Vec::new());
                }
                Err(error) => calls.problem.set(Some(error.problem)),
            }
        });
    }
}

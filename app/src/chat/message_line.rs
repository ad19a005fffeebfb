//! Words in the timeline.

use crate::i18n::{t, use_i18n};
use crate::member::MemberAvatar;
use crate::state::use_live;
use crate::ui::Moment;
use domain::Message;
use leptos::prelude::*;

/// What somebody wrote: plain text, never markup.
#[component]
pub(crate) fn MessageLine(
    message: Message,
    /// Whether it begins a block of words by the same person, and so carries the name.
    begins: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let author = message.author;
    let mine = untrack(|| live.me()) == Some(author);
    view! {
        <li class="line" class:is-mine=mine class:begins=begins>
            <div class="line-face">{(begins && !mine).then(|| view! { <MemberAvatar member=author /> })}</div>
            <div class="line-body">
                <p class="line-author" class:for-ears=!begins || mine>
                    {if mine {
                        leptos::either::Either::Left(t!(i18n, timeline.me))
                    } else {
                        leptos::either::Either::Right(move || live.name_of(author))
                    }}
                </p>
                <div class="bubble">
                    <p class="line-text">{message.body}</p>
                    <Moment at=message.sent_at.0 />
                </div>
            </div>
        </li>
    }
    .into_any()
}

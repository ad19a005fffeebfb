//! Words in the timeline.

use super::message_sheet::More;
use crate::api::Page;
use crate::help::{HelpLink, about};
use crate::i18n::{problem, t, use_i18n};
use crate::member::MemberAvatar;
use crate::state::{Outgoing, use_live, use_writing};
use crate::ui::{Glyph, Icon, Moment};
use domain::message::page_address;
use domain::{Content, Leads, Message, Remover, Words};
use leptos::either::Either;
use leptos::prelude::*;

/// What somebody wrote: plain text, never markup.
#[component]
pub(crate) fn MessageLine(
    message: Message,
    /// Whether it begins a block, and so carries the name.
    begins: bool,
    /// Where something can be done about it.
    more: Option<More>,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let Message { id, author, content, sent_at, .. } = message;
    let mine = untrack(|| live.me()) == Some(author);
    let edited = matches!(&content, Content::Words(words) if words.edited);
    view! {
        <li class="line" class:is-mine=mine class:begins=begins>
            <div class="line-face">{(begins && !mine).then(|| view! { <MemberAvatar member=author /> })}</div>
            <div class="line-body">
                <p class="line-author" class:for-ears=!begins || mine>
                    {if mine {
                        Either::Left(t!(i18n, timeline.me))
                    } else {
                        Either::Right(move || live.name_of(author))
                    }}
                </p>
                <div class="line-row">
                <div class="bubble">
                    {said(content)}
                    {edited.then(|| view! { <span class="line-edited">{t!(i18n, timeline.edited)}</span> })}
                    <Moment at=sent_at.0 time_only=true />
                </div>
                {more.map(|more| view! {
                    <button
                        type="button"
                        class="button-round line-more"
                        aria-label=t!(i18n, timeline.more)
                        aria-haspopup="dialog"
                        on:click=move |_| more.show(id)
                    >
                        <Icon glyph=Glyph::More />
                    </button>
                })}
                </div>
            </div>
        </li>
    }
    .into_any()
}

fn said(content: Content) -> AnyView {
    let i18n = use_i18n();
    match content {
        Content::Words(words) => view! { <p class="line-text">{pieces(&words)}</p> }.into_any(),
        Content::Removed(Remover::Author) => {
            view! { <p class="line-text is-gone">{t!(i18n, timeline.taken_back)}</p> }.into_any()
        }
        Content::Removed(Remover::Leader) | Content::Call(_) => {
            view! { <p class="line-text is-gone">{t!(i18n, timeline.removed)}</p> }.into_any()
        }
    }
}

/// Text nodes, and links to pages that are opened beside the app: a tap never ends a call, and no page learns where it was
/// linked from.
fn pieces(words: &Words) -> Vec<AnyView> {
    let me = untrack(|| use_live().me());
    let piece = |(text, leads): (&str, Option<&Leads>)| {
        let text = text.to_owned();
        match leads {
            None => text.into_any(),
            Some(Leads::Member(member)) => {
                view! { <span class="line-name" class:is-me=Some(*member) == me>{text}</span> }.into_any()
            }
            Some(Leads::Page) => match page_address(&text) {
                Some(href) => {
                    view! { <a href=href target="_blank" rel="noopener noreferrer nofollow">{text}</a> }.into_any()
                }
                None => text.into_any(),
            },
        }
    };
    words.pieces().into_iter().map(piece).collect()
}

/// A message that the server has not taken yet.
#[component]
pub(crate) fn OutgoingLine(message: Outgoing) -> impl IntoView {
    let i18n = use_i18n();
    let writing = use_writing();
    let Outgoing { nonce, text, refused, .. } = message;
    let is_sent = move || refused.is_none() && !writing.waits();
    let trouble = move || match refused {
        Some(reason) => t!(i18n, timeline.not_sent, reason = problem(i18n, reason)),
        None if writing.waits() => t!(i18n, timeline.waits).to_owned(),
        None => String::new(),
    };
    view! {
        // The line that takes its place is read aloud.
        <li class="line is-mine begins" aria-live="off">
            <div class="line-face"></div>
            <div class="line-body">
                <div class="bubble is-outgoing">
                    <p class="line-text">{text}</p>
                </div>
                <p class="line-standing" hidden=move || !is_sent()>{t!(i18n, timeline.sending)}</p>
                <p class="line-standing" class:is-refused=refused.is_some() role="status">{trouble}</p>
                {move || {
                    let page = refused.map_or(writing.waits().then_some(Page::Network), about);
                    page.map(|page| view! { <HelpLink page /> })
                }}
                {refused.map(|_| view! {
                    <div class="line-choices">
                        <button type="button" class="button" on:click=move |_| writing.try_again(nonce)>
                            {t!(i18n, timeline.try_again)}
                        </button>
                        <button type="button" class="button is-quiet" on:click=move |_| writing.drop(nonce)>
                            {t!(i18n, timeline.drop)}
                        </button>
                    </div>
                })}
            </div>
        </li>
    }
    .into_any()
}

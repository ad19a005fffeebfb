//! A part of a channel's timeline that is long past.

use super::line::{Known, lines};
use super::timeline::OneLine;
use crate::address;
use crate::api::messages_around;
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::state::use_live;
use crate::ui::{day_of, use_calendar};
use domain::{ChannelId, MessageId};
use leptos::html::{Div, Li};
use leptos::prelude::*;

/// What was said around one line of a channel. What comes meanwhile is not in it: a way leads to what is said now.
#[component]
pub(super) fn Around(id: ChannelId, message: MessageId) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let generation = live.generation();
    let page = Resource::new(move || generation.get(), move |_| messages_around(id, message));
    let known = Memo::new(move |_| {
        let mut known = page.with(|page| match page {
            Some(Ok(page)) => Known::with_newest(None, page),
            Some(Err(_)) | None => Known::default(),
        });
        known.add_changed(&live.arrived(id));
        known
    });
    let failed = Signal::derive(move || {
        let error = page.with(|page| page.as_ref().and_then(|page| page.as_ref().err().cloned()));
        error.map(|error| error.problem)
    });
    let calendar = use_calendar();
    let shown = Memo::new(move |_| {
        let here = calendar.is_here();
        known.with(|known| lines(known, None, |at| day_of(at, here)))
    });
    let (past, place) = (NodeRef::<Div>::new(), NodeRef::<Li>::new());
    Effect::new(move || {
        if let (Some(past), Some(place)) = (past.get(), place.get()) {
            past.set_scroll_top(place.offset_top() - past.client_height() / 3);
        }
    });
    let on = move |end: Option<MessageId>, words: &'static str| {
        // At the very end there is nothing further.
        end.filter(|end| *end != message).map(|end| {
            let href = address::message(i18n.locale(), id, end);
            view! { <a class="button is-quiet timeline-earlier" href=href>{words}</a> }
        })
    };
    view! {
        <div node_ref=past class="timeline is-past" tabindex="0" role="region" aria-label=t!(i18n, timeline.label)>
            <Transition fallback=move || view! { <p class="timeline-note">{t!(i18n, app.loading)}</p> }>
                // Waited for, not only read: as in the timeline.
                {Suspend::new(async move {
                    drop(page.by_ref().await);
                    view! {
                        <div class="timeline-lines">
                            <Refused why=failed />
                            {move || on(known.with(Known::oldest), t!(i18n, timeline.earlier))}
                            <ol>
                                <For each=move || shown.get() key=|line| line.clone() let:line>
                                    {(line.id == message).then(|| view! {
                                        <li class="timeline-sought" id=address::SOUGHT node_ref=place>
                                            {t!(i18n, search.here)}
                                        </li>
                                    })}
                                    <OneLine id line />
                                </For>
                            </ol>
                            {move || on(known.with(Known::newest), t!(i18n, search.later))}
                        </div>
                    }
                })}
            </Transition>
        </div>
        <p class="timeline-now">
            <a class="button is-accent" href=address::channel(i18n.locale(), id)>
                {t!(i18n, search.newest)}
            </a>
        </p>
    }
    .into_any()
}

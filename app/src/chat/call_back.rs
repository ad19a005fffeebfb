//! What can be done about a call, in the timeline and in the list of calls.

use crate::i18n::{t, use_i18n};
use crate::state::{Live, use_live, use_voice_calls};
use crate::ui::Show;
use domain::{CallId, ChannelId, ChannelKind, MemberId};
use leptos::either::EitherOf3;
use leptos::prelude::*;

/// A way to join the call while it goes on, and afterwards a way to call again.
#[component]
pub(crate) fn CallBack(
    id: CallId,
    channel: ChannelId,
    /// Who called.
    caller: MemberId,
    /// Said aloud behind what the button does, where there are several such buttons: whom it calls.
    #[prop(optional, into)]
    whom: Signal<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let mine = untrack(|| live.me()) == Some(caller);
    let goes_on = Memo::new(move |_| {
        live.with_call(id, |call| {
            let inside = live.me().is_some_and(|me| call.is_connected(me));
            (inside, live.check_way_in(call).is_ok())
        })
    });
    let can_call_back = Memo::new(move |_| goes_on.get().is_none() && callees(live, channel, caller).is_some());
    let whom = move || view! { <span class="for-ears">" "{whom}</span> };
    view! {
        {move || goes_on.get().map(|(inside, may_join)| match (inside, may_join) {
            (true, _) => EitherOf3::A(view! { <p class="call-card-who">{t!(i18n, call_line.inside)}</p> }),
            (false, true) => EitherOf3::B(view! {
                <button type="button" class="button is-yes" on:click=move |_| voice.answer(id)>
                    <span>{t!(i18n, call_line.join)}{whom()}</span>
                </button>
            }),
            (false, false) => EitherOf3::C(()),
        })}
        <Show when=move || can_call_back.get()>
            <button
                type="button"
                class="button is-quiet"
                on:click=move |_| {
                    if let Some(callees) = callees(live, channel, caller) {
                        voice.start(channel, callees);
                    }
                }
            >
                <span>
                    {if mine { t!(i18n, call_line.again) } else { t!(i18n, call_line.back) }}
                    {whom()}
                </span>
            </button>
        </Show>
    }
    .into_any()
}

/// Whom *Call back* calls; none where it cannot. In the parish channel only the one who called: whoever else was picked
/// is not for everybody to know.
fn callees(live: Live, channel: ChannelId, caller: MemberId) -> Option<Vec<MemberId>> {
    let channel = live.channel(channel).filter(|channel| channel.may_call)?;
    match channel.kind {
        ChannelKind::Direct | ChannelKind::Group => Some(Vec::new()),
        ChannelKind::Parish => (live.me() != Some(caller)).then(|| vec![caller]),
    }
}

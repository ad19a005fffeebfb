//! The place to write.

use crate::api::post_message;
use crate::i18n::{problem, t, t_string, use_i18n};
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Notice};
use domain::ChannelId;
use domain::text::MESSAGE_MAX;
use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::html::Textarea;
use leptos::prelude::*;

/// Writes into a channel. The text stays in its place until the server has taken it.
#[component]
pub(crate) fn Composer(id: ChannelId) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let text = NodeRef::<Textarea>::new();
    let post = Action::new(move |body: &String| {
        let body = body.clone();
        async move {
            let message = post_message(id, body.clone()).await?;
            live.post(message);
            // Whoever went on typing meanwhile keeps what they typed.
            if let Some(text) = text.get_untracked().filter(|text| text.value() == body) {
                text.set_value("");
            }
            Ok(())
        }
    });
    let failed = Signal::derive(move || match post.value().get() {
        Some(Err::<(), crate::error::ApiError>(error)) if !post.pending().get() => {
            let reason = problem(i18n, error.problem);
            Some(t_string!(i18n, composer.failed, reason))
        }
        _ => None,
    });
    // The text is read from the field itself: what was typed before the page came alive counts too.
    let send = move || {
        let Some(body) = text.get_untracked().map(|text| text.value()) else { return };
        if !body.trim().is_empty() && !post.pending().get_untracked() {
            post.dispatch(body);
        }
    };
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            send();
        }
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        send();
    };
    view! {
        <form class="composer" on:submit=on_submit>
            <Notice text=failed />
            <div class="composer-line">
                <textarea
                    node_ref=text
                    rows="1"
                    maxlength=MESSAGE_MAX.to_string()
                    aria-label=t!(i18n, composer.label)
                    placeholder=t!(i18n, composer.label)
                    enterkeyhint="send"
                    on:keydown=on_key
                ></textarea>
                <button type="submit" class="button is-accent" aria-busy=move || post.pending().get().to_string()>
                    <Icon glyph=Glyph::Send />
                    <span class="composer-send">{t!(i18n, composer.send)}</span>
                </button>
            </div>
        </form>
    }
    .into_any()
}

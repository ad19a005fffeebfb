//! What can be done about a message.

use crate::api::remove_message;
use crate::error::ApiError;
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::parish::{ReportChoice, ReportForm};
use crate::state::{use_live, use_writing};
use crate::ui::{Glyph, Icon};
use domain::{ChannelKind, Member, MemberId, Message, MessageId, Reported};
use leptos::prelude::*;

/// The message whose choices are shown, while they are.
#[derive(Clone, Copy, Default)]
pub(crate) struct More {
    pub(super) of: RwSignal<Option<MessageId>>,
    pub(super) open: RwSignal<bool>,
}

impl More {
    pub(super) fn show(self, message: MessageId) {
        self.of.set(Some(message));
        self.open.set(true);
    }
}

/// Whether this member can do anything about a message.
pub(super) fn has_more(message: &Message, me: &Member, kind: ChannelKind) -> bool {
    message.may_edit(me.id) || message.may_remove(me.id, me.role, kind).is_some() || may_report(message, me.id)
}

/// Whether this member can report a message: what somebody else wrote.
fn may_report(message: &Message, me: MemberId) -> bool {
    message.author != me && message.words().is_some()
}

/// The choices, one under the other. To remove is asked twice: nobody can bring it back.
#[component]
pub(crate) fn MessageSheet(message: Message, open: RwSignal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let writing = use_writing();
    let id = message.id;
    let may_edit = untrack(|| live.me()).is_some_and(|me| message.may_edit(me));
    let author = message.author;
    let me = untrack(|| live.community().with(|it| it.as_ref().map(|it| it.me.clone())));
    let kind = untrack(|| live.channel(message.channel)).map(|channel| channel.kind);
    let may_remove = me.as_ref().zip(kind).is_some_and(|(me, kind)| message.may_remove(me.id, me.role, kind).is_some());
    let may_report = me.as_ref().is_some_and(|me| may_report(&message, me.id));
    let (sure, reports) = (RwSignal::new(false), RwSignal::new(false));
    let remove = Action::new(move |(): &()| async move {
        live.change(remove_message(id).await?);
        open.set(false);
        Ok::<(), ApiError>(())
    });
    let failed = Signal::derive(move || match remove.value().get() {
        Some(Err(error)) => Some(error.problem),
        _ => None,
    });
    let edit = move |_| {
        // First: the card gives the focus back when it closes, and it belongs to the place to write.
        open.set(false);
        writing.editing().set(Some(message.clone()));
    };
    view! {
        <div class="choices">
            <Refused why=failed />
            {may_edit.then(|| view! {
                <button type="button" class="choice-row" on:click=edit>
                    <Icon glyph=Glyph::SquarePen />
                    <span>{t!(i18n, message.edit)}</span>
                </button>
            })}
            {may_remove.then_some(move || match sure.get() {
                false => view! {
                    <button type="button" class="choice-row" on:click=move |_| sure.set(true)>
                        <Icon glyph=Glyph::Trash />
                        <span>{t!(i18n, message.remove)}</span>
                    </button>
                }
                .into_any(),
                true => view! {
                    <p>{t!(i18n, message.sure)}</p>
                    <button
                        type="button"
                        class="button is-no"
                        disabled=move || remove.pending().get()
                        on:click=move |_| _ = remove.dispatch(())
                    >
                        <Icon glyph=Glyph::Trash />
                        {t!(i18n, message.remove_now)}
                    </button>
                }
                .into_any(),
            })}
            {may_report.then_some(move || match reports.get() {
                false => view! { <ReportChoice on_choose=move |()| reports.set(true) /> }.into_any(),
                true => view! { <ReportForm what=Reported::Message(id) about=author /> }.into_any(),
            })}
        </div>
    }
    .into_any()
}

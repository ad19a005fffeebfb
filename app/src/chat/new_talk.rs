//! Write to somebody: finds a person and opens the direct channel with them.

use super::person_list::PersonList;
use crate::address;
use crate::api::open_direct;
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::member::MemberAvatar;
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Sheet, Size};
use domain::MemberId;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// The button that opens the list of people, and the list.
#[component]
pub(crate) fn NewTalk() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let shown = RwSignal::new(false);
    let navigate = use_navigate();
    let talk = Action::new(move |member: &MemberId| {
        let (member, navigate) = (*member, navigate.clone());
        async move {
            let channel = open_direct(member).await?;
            live.reload();
            shown.set(false);
            navigate(&address::channel(i18n.locale(), channel), Default::default());
            Ok(())
        }
    });
    let refused = Signal::derive(move || match talk.value().get() {
        Some(Err::<(), crate::error::ApiError>(error)) => Some(error.problem),
        _ => None,
    });
    view! {
        <button
            type="button"
            class="button-round"
            aria-label=t!(i18n, people.write)
            title=t!(i18n, people.write)
            on:click=move |_| shown.set(true)
        >
            <Icon glyph=Glyph::SquarePen />
        </button>
        <Sheet open=shown id="new-talk" title=t!(i18n, people.title)>
            <Refused why=refused />
            <PersonList row=move |member| {
                let id = member.id;
                view! {
                    <button type="button" class="person" on:click=move |_| _ = talk.dispatch(id)>
                        <MemberAvatar member=id size=Size::Medium />
                        <span>{member.name}</span>
                    </button>
                }
            } />
        </Sheet>
    }
    .into_any()
}

//! The people of the parish and its groups.

use super::page_head::PageHead;
use crate::i18n::{t, use_i18n};
use crate::parish::{Everybody, Groups, Invitations, Leave, ParishClock, ToNumbers};
use crate::parts::{NotLoaded, Part, Showing};
use leptos::prelude::*;
use wasm_split_helpers::wasm_split;

#[wasm_split(people, fallible, preload(fetch))]
fn people() -> Result<AnyView, NotLoaded> {
    Ok(view! { <Groups /> <Everybody /> <Invitations /> <ParishClock /> <ToNumbers /> <Leave /> }.into_any())
}

/// Everybody in the parish, its groups, and how somebody new comes in.
#[component]
pub(crate) fn MembersPage() -> impl IntoView {
    let i18n = use_i18n();
    let show = |()| -> Showing { Box::pin(people()) };
    view! {
        <main class="phone members">
            <PageHead title=t!(i18n, members.title) />
            <Part fetch=|| Box::pin(fetch()) show />
        </main>
    }
    .into_any()
}

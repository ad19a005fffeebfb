//! The people of the parish and its groups.

use super::page_head::PageHead;
use crate::i18n::{t, use_i18n};
use crate::parish::{Everybody, Groups, Invitations, Leave};
use leptos::prelude::*;

/// Everybody in the parish, its groups, and how somebody new comes in.
#[component]
pub(crate) fn MembersPage() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <main class="phone members">
            <PageHead title=t!(i18n, members.title) />
            <Groups />
            <Everybody />
            <Invitations />
            <Leave />
        </main>
    }
    .into_any()
}

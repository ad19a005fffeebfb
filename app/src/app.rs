//! The app: what stays while pages change, and the table of pages.

use crate::address;
use crate::call::{ActiveCallScreen, Arrivals, CallTrouble, IncomingCallOverlay, ReturnNotice, RingNotice, RingSound};
use crate::i18n::{Locale, provide_i18n, td_string};
use crate::pages::{
    AdminPage, CallsPage, CommunityPage, HelpPage, JoinPage, MembersPage, MicrophonePage, NewPasswordPage,
    NotFoundPage, PhonePage, PrivacyPage, ReportsPage, SignInLinkPage, SignInPage,
};
use crate::state::{
    InitialCommunity, provide_live, provide_reach, provide_ringer, provide_voice_calls, provide_writing, use_live,
};
use crate::ui::{provide_calendar, provide_title_news};
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::{Html, provide_meta_context};
use leptos_router::components::{Outlet, ParentRoute, Route, Router, Routes};
use leptos_router::hooks::use_location;
use leptos_router::{SsrMode, path};

/// Everything. What is live stands above the router: going from page to page never ends a call.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // The server hands over what it knows; no page waits for it, and the browser starts from the very same value.
    let community = SharedValue::new(|| use_context::<InitialCommunity>().and_then(|initial| initial.0));
    let live = provide_live(community.into_inner());
    provide_voice_calls();
    provide_ringer();
    provide_reach();
    provide_writing(live);
    provide_title_news();
    provide_calendar(live.now());
    view! {
        <Router>
            <Spoken />
        </Router>
    }
}

/// The pages, in the language of their address.
#[component]
fn Spoken() -> impl IntoView {
    let path = use_location().pathname;
    let locale = Memo::new(move |_| path.with(|path| address::locale(path)).unwrap_or_default());
    use_live().call_the_nameless(Signal::derive(move || td_string!(locale.get(), members.someone)));
    view! {
        <Html attr:lang=move || locale.get().to_string() />
        <Pages locale />
        {move || {
            provide_i18n(locale.get());
            over_the_pages()
        }}
    }
    .into_any()
}

/// What is there on every page.
fn over_the_pages() -> AnyView {
    view! {
        <CallTrouble />
        <ActiveCallScreen />
        <IncomingCallOverlay />
        <RingNotice />
        <ReturnNotice />
        <Arrivals />
        <RingSound />
    }
    .into_any()
}

#[component]
fn Pages(locale: Memo<Locale>) -> impl IntoView {
    let unknown = move || {
        provide_i18n(locale.get());
        NotFoundPage()
    };
    view! {
        <Routes fallback=unknown>
            <ParentRoute path=path!("/:locale") view=OneOfOurs ssr=SsrMode::Async>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
                <Route path=path!("/sign-in/link") view=SignInLinkPage ssr=SsrMode::Async />
                <Route path=path!("/sign-in/password") view=NewPasswordPage ssr=SsrMode::Async />
                <Route path=path!("/join/:invite") view=JoinPage ssr=SsrMode::Async />
                <Route path=path!("/help/microphone") view=MicrophonePage ssr=SsrMode::Async />
                <Route path=path!("/help/:topic") view=HelpPage ssr=SsrMode::Async />
                <Route path=path!("/privacy") view=PrivacyPage ssr=SsrMode::Async />
                <Route path=path!("/community") view=CommunityPage ssr=SsrMode::Async />
                <Route path=path!("/community/chat") view=CommunityPage ssr=SsrMode::Async />
                <Route path=path!("/community/calls") view=CallsPage ssr=SsrMode::Async />
                <Route path=path!("/community/members") view=MembersPage ssr=SsrMode::Async />
                <Route path=path!("/community/admin") view=AdminPage ssr=SsrMode::Async />
                <Route path=path!("/community/phone") view=PhonePage ssr=SsrMode::Async />
                <Route path=path!("/community/reports") view=ReportsPage ssr=SsrMode::Async />
            </ParentRoute>
        </Routes>
    }
    .into_any()
}

/// Lets a page through if its address begins with a language that we speak, and puts it together anew in each.
#[component]
fn OneOfOurs() -> impl IntoView {
    let path = use_location().pathname;
    let locale = Memo::new(move |_| path.with(|path| address::locale(path)));
    move || {
        let locale = locale.get();
        provide_i18n(locale.unwrap_or_default());
        if locale.is_some() { Either::Left(Outlet()) } else { Either::Right(NotFoundPage()) }
    }
}

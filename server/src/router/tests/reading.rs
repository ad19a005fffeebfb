//! Pages that are only read: whole before any script runs, for whoever asks.

use super::*;

/// What stands on the page about what is kept, in each language: what it is called, and until when calls are kept.
const PRIVACY: [(&str, &str, &str); 3] = [
    ("en", "What Paxora keeps of you", "deleted 90 days after it ended"),
    ("es", "Qué guarda Paxora de usted", "se borran 90 días después de terminar"),
    ("pl", "Co Paxora o Tobie przechowuje", "od jej końca: 90 dni"),
];

const HELP: [&str; 6] = ["network", "sound", "ringing", "calls", "sign-in", "microphone"];

#[tokio::test]
async fn what_is_kept_of_people_is_read_by_anybody_in_each_language_with_the_days_that_are_true_here() {
    let site = Site::new().await;
    for (language, title, until) in PRIVACY {
        for who in [None, Some("Ben")] {
            let page = site.get(who, &format!("/{language}/privacy")).await;
            assert_eq!(page.status, 200, "{language}");
            // Without what the browser is handed besides.
            let seen = page.text.split("<article").nth(1).and_then(|rest| rest.split("</article>").next());
            assert!(page.text.contains(&format!("<title>{title} · Paxora</title>")), "{language}");
            assert!(seen.is_some_and(|seen| seen.contains(until)), "{language}: {seen:?}");
            assert!(!page.text.contains(" style=\""), "inline styles would be blocked");
        }
    }
}

#[tokio::test]
async fn whoever_comes_in_finds_what_is_kept_of_them_before_they_do() {
    let site = Site::new().await;
    let invite = site.world.backend.invite(None, domain::Role::Member).await.unwrap();
    for path in ["/pl/sign-in".to_owned(), format!("/pl/join/{invite}"), "/pl/sign-in/link?token=x".to_owned()] {
        let page = site.get(None, &path).await;
        assert!(page.text.contains("href=\"/pl/privacy\""), "{path}");
    }
    let spoilt = site.get(None, "/en/sign-in/link?token=x").await;
    assert!(spoilt.text.contains("href=\"/en/help/sign-in\""), "a link that leads nowhere leads to help");
}

#[tokio::test]
async fn help_is_there_in_each_language_without_an_account() {
    let site = Site::new().await;
    for (language, ..) in PRIVACY {
        for about in HELP {
            let page = site.get(None, &format!("/{language}/help/{about}")).await;
            assert_eq!(page.status, 200, "{language} {about}");
            assert!(page.text.matches("<li>").count() > 4, "{language} {about}");
            // Each leads to all the others but the one about the microphone, which shows what a browser wants.
            let others = HELP
                .iter()
                .filter(|other| **other != about)
                .filter(|other| page.text.contains(&format!("/{language}/help/{other}\"")));
            assert_eq!(others.count(), if about == "microphone" { 0 } else { 5 }, "{language} {about}");
        }
        assert_eq!(site.get(None, &format!("/{language}/help/taxes")).await.status, 404);
    }
}

#[tokio::test]
async fn the_parish_in_numbers_is_for_those_who_look_after_it_and_says_no_secret_and_nothing_that_was_written() {
    let site = Site::new().await;
    site.ring().await;
    for (name, settings) in [("Anna", true), ("Clara", false)] {
        let page = site.get(Some(name), "/en/community/admin").await;
        assert!(page.text.contains("Calls, week by week") && page.text.contains("Choir"), "{name}");
        assert_eq!(page.text.contains("What is set"), settings, "{name}");
        for secret in [CRON_SECRET, "Rehearsal", "Shall we talk"] {
            assert!(!page.text.split("<article").nth(1).unwrap().contains(secret), "{secret}");
        }
    }
    let page = site.get(Some("Ben"), "/en/community/admin").await;
    assert!(page.text.contains("You may not do this.") && !page.text.contains("Calls, week by week"));
    let page = site.get(None, "/en/community/admin").await;
    assert_eq!((page.status, page.header(LOCATION)), (303, "/en/sign-in"));
}

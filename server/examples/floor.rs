//! The least that a web server of this kind does: a bare axum that answers with as many bytes as it is told, and with a page of
//! as many elements as it is told that Leptos puts together, in which nothing is looked up, may change, or is anybody's own.
//! `script/bench http` measures it beside Paxora, so that the machine and the load are known by what they do to it.

use axum::Router;
use axum::body::Bytes;
use axum::response::Html;
use axum::routing::get;
use leptos::prelude::*;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [listen, elements, sizes @ ..] = words.as_slice() else {
        anyhow::bail!("usage: floor ADDRESS ELEMENTS BYTES...")
    };
    let lines = elements.parse::<usize>()? / ELEMENTS_OF_A_LINE;
    let mut router = Router::new().route("/leptos", get(async move || Html(page(lines))));
    for size in sizes {
        let body = Bytes::from(vec![b'a'; size.parse()?]);
        router = router.route(&format!("/{size}"), get(move || async move { body }));
    }
    axum::serve(TcpListener::bind(listen).await?, router).await?;
    Ok(())
}

const ELEMENTS_OF_A_LINE: usize = 12;

/// Lines as those of a chat.
fn page(lines: usize) -> String {
    let line = |number: usize| {
        let (name, time, words) = (format!("Singer Number {number}"), format!("19:{number:02}"), "We begin at seven.");
        view! {
            <li class="line" class:is-mine=number.is_multiple_of(3) id=format!("line-{number}")>
                <div class="line-face">
                    <span class="avatar">
                        <span class="avatar-face" data-initials="SN"></span>
                    </span>
                </div>
                <div class="line-body">
                    <p class="line-head">
                        <span class="line-name">{name}</span>
                        <time>{time}</time>
                    </p>
                    <p class="line-text">{words.to_owned()}</p>
                    <button type="button" class="line-more" aria-label="More">
                        <svg>
                            <use href="/icons.svg#more"></use>
                        </svg>
                    </button>
                </div>
            </li>
        }
    };
    view! { <ul>{(0..lines).map(line).collect_view()}</ul> }.to_html()
}
